using System.Globalization;
using GeminiBalance.KeyHealthService.Cleaning;
using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults.Jobs;
using Microsoft.Extensions.Options;

namespace GeminiBalance.KeyHealthService.Jobs;

/// <summary>Retires keys that have been dead for long: once an hour where an operator wants that, and whenever one asks.</summary>
internal sealed class CleanupJob(KeyCleaner cleaner, IOptionsMonitor<CleanupOptions> options) : IJob
{
    private static readonly JobSchedule Hourly = new JobSchedule.Every(TimeSpan.FromHours(1));

    public string Name => "cleanup";

    public JobSchedule? Schedule => options.CurrentValue.Enabled ? Hourly : null;

    public async Task<string> RunAsync(JobRun run, CancellationToken cancellation)
    {
        var done = await cleaner.RunAsync(run.IsScheduled ? Causers.Cleanup : run.By, cancellation);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Retired {done.Keys} dead keys.{(done.Kept > 0 ? $" Kept {done.Kept}, because no other key could serve." : "")}");
    }
}
