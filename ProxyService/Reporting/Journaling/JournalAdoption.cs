using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>
/// Takes over journal folders whose replica is gone for good, so that nothing waits in them for ever: puts each in order as at a start, and moves its
/// segments into this replica's own folder. A folder is held by one process at a time, so no two take the same.
/// </summary>
internal sealed partial class JournalAdoption(
    Journal journal,
    JournalStore store,
    JournalRecovery recovery,
    IOptionsMonitor<JournalOptions> options,
    TimeProvider time,
    ILogger<JournalAdoption> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    /// <summary>Takes over all folders that are abandoned.</summary>
    internal async Task AdoptAsync()
    {
        while (!journal.IsDegraded && JournalFolder.ClaimAbandoned(options.CurrentValue.Folder, time.GetUtcNow() - Quiet) is { } folder)
        {
            using var abandoned = Open(folder);
            foreach (var fact in recovery.Run(abandoned))
            {
                await journal.RecordAsync(fact, null).ConfigureAwait(false);
            }

            if (journal.IsDegraded)
            {
                // The facts are in memory only: whoever takes the folder next finds their requests again.
                return;
            }

            JournalRecovery.Settle(abandoned);
            var (segments, unsent) = (abandoned.Segments.Count, abandoned.Unsent);
            journal.Take(abandoned);
            LogAdopted(abandoned.Path, segments, unsent);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var complained = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Beat, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await AdoptAsync().ConfigureAwait(false);
                complained = false;
            }
            catch (Exception e) when (JournalDisk.IsFailure(e))
            {
                if (!complained)
                {
                    LogFailed(store.Path, e.Message);
                }

                complained = true;
            }
        }
    }

    private static JournalStore Open(JournalFolder folder)
    {
        try
        {
            return new JournalStore(folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The journal folder {Folder} belonged to a replica that was not started again; its {Segments} segments are taken over, {Unsent} request facts in them are still to be sent.")]
    private partial void LogAdopted(string folder, int segments, long unsent);

    [LoggerMessage(LogLevel.Error, "An abandoned folder beside the journal in {Folder} could not be taken over: {Reason}")]
    private partial void LogFailed(string folder, string reason);
}
