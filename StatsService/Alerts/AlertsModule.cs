using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Alerts;

/// <summary>What of the ledger needs a person: <c>GET /stats/alerts</c>.</summary>
internal static class AlertsModule
{
    private const int DefaultLimit = 50;

    private const int MostListed = 500;

    public static IServiceCollection AddAlerts(this IServiceCollection services) => services
        .AddSingleton(new StoreTable(AlertBook.Table))
        .AddSingleton<AlertBook>();

    public static IServiceCollection AddAlertWatch(this IServiceCollection services) => services
        .AddSingleton<AlertWatch>()
        .AddHostedService(provider => provider.GetRequiredService<AlertWatch>());

    public static RouteGroupBuilder MapAlerts(this RouteGroupBuilder stats)
    {
        stats.MapGet("/alerts", async (string? limit, AlertBook book, CancellationToken cancellation) =>
            PageLimit.Read(limit, DefaultLimit, MostListed) is { } wanted
                ? TypedResults.Ok(await book.ListAsync(wanted, cancellation).ConfigureAwait(false))
                : (IResult)PageLimit.Problem(MostListed));
        return stats;
    }
}
