using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults.Jobs;

namespace GeminiBalance.KeyHealthService.Jobs;

/// <summary>What this service does by the clock. A capability may register a job of its own with <see cref="JobsExtensions.AddJob{TJob}"/>.</summary>
internal static class JobsModule
{
    public static IServiceCollection AddJobs(this IServiceCollection services) => services
        .AddJobRunner(Tables.Schema)
        .AddJob<HealthCheckJob>()
        .AddJob<CleanupJob>()
        .AddJob<QuotaRollJob>()
        .AddJob<ModelSyncJob>();
}
