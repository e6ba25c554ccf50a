using GeminiBalance.ServiceDefaults;

namespace GeminiBalance.StatsService.Retention;

/// <summary>How long requests are kept: <c>GET /stats/jobs</c>, <c>POST /stats/jobs/{name}/run</c>.</summary>
internal static class RetentionModule
{
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddValidatedOptions<RetentionOptions>("Retention");
        return services
            .AddSingleton(new StoreTable(RetentionJob.Table))
            .AddSingleton<RetentionRun>()
            .AddSingleton<RetentionJob>();
    }

    public static IServiceCollection AddJobs(this IServiceCollection services) =>
        services.AddHostedService(provider => provider.GetRequiredService<RetentionJob>());

    public static RouteGroupBuilder MapJobs(this RouteGroupBuilder stats)
    {
        stats.MapGet("/jobs", async (RetentionJob job, CancellationToken cancellation) =>
            TypedResults.Ok(new[] { await job.StatusAsync(cancellation).ConfigureAwait(false) }));
        stats.MapPost($"/jobs/{RetentionJob.Name}/run", async (RetentionJob job, IHostApplicationLifetime lifetime, CancellationToken cancellation) =>
            await job.TryRunAsync(lifetime.ApplicationStopping).ConfigureAwait(false)
                ? TypedResults.Ok(await job.StatusAsync(cancellation).ConfigureAwait(false))
                : Results.Problem("The job runs already.", statusCode: StatusCodes.Status409Conflict));
        return stats;
    }
}
