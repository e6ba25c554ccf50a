using GeminiBalance.ServiceDefaults.Jobs;

namespace GeminiBalance.StatsService.Retention;

/// <summary>Deletes old requests once a day.</summary>
internal sealed class RetentionJob(RetentionRun retention) : IJob
{
    private static readonly JobSchedule Daily = new JobSchedule.Every(TimeSpan.FromDays(1));

    public string Name => "retention";

    public JobSchedule? Schedule => Daily;

    public Task<string> RunAsync(JobRun run, CancellationToken cancellation) => retention.RunAsync(cancellation);
}
