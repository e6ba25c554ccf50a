using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Requests and tokens, by model, key and access key.</summary>
internal static class UsageModule
{
    public static IServiceCollection AddUsage(this IServiceCollection services) => services
        .AddView<UsageByKey>()
        .AddView<UsageByAccessKey>()
        .AddView<KeyTotals>()
        .AddSingleton<UsageQuery>();

    public static RouteGroupBuilder MapUsage(this RouteGroupBuilder stats)
    {
        stats.MapGet("/usage", UsageEndpoint.GetAsync);
        return stats;
    }
}
