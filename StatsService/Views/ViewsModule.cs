using GeminiBalance.ServiceDefaults;

namespace GeminiBalance.StatsService.Views;

/// <summary>What all views share: who runs them, where they stand.</summary>
internal static class ViewsModule
{
    /// <summary>Adds a view: its table, its projection and its own endpoints.</summary>
    public static IServiceCollection AddView<TView>(this IServiceCollection services)
        where TView : class, IView => services.AddSingleton<IView, TView>();

    public static IServiceCollection AddViews(this IServiceCollection services)
    {
        services.AddValidatedOptions<ViewsOptions>("Views");
        services.AddHealthChecks().AddCheck<ViewsHealthCheck>("views");
        return services.AddSingleton<ViewPositions>().AddHostedService<LeaderDaemon>();
    }

    public static RouteGroupBuilder MapViews(this RouteGroupBuilder stats)
    {
        stats.MapGet("/projections", async (ViewPositions positions, CancellationToken cancellation) =>
            TypedResults.Ok(await positions.StatusAsync(cancellation).ConfigureAwait(false)));
        foreach (var view in ((IEndpointRouteBuilder)stats).ServiceProvider.GetServices<IView>())
        {
            view.Map(stats);
        }

        return stats;
    }
}
