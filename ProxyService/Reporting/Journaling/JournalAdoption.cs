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

    /// <summary>A folder whose open requests have their facts, of which some may be in memory only. It stays claimed: whoever took it before they are written would find their requests again.</summary>
    private JournalStore? claimed;

    /// <summary>Takes over all folders that are abandoned.</summary>
    internal async Task AdoptAsync()
    {
        while (!journal.IsDegraded && (claimed ??= await RecoverAsync().ConfigureAwait(false)) is { } abandoned)
        {
            if (journal.IsDegraded)
            {
                return;
            }

            claimed = null;
            using (abandoned)
            {
                JournalRecovery.Settle(abandoned);
                var (segments, unsent) = (abandoned.Segments.Count, abandoned.Unsent);
                journal.Take(abandoned);
                LogAdopted(abandoned.Path, segments, unsent);
            }
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        claimed?.Dispose();
        base.Dispose();
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
            catch (Exception e)
            {
                if (!complained)
                {
                    LogFailed(store.Path, e.Message);
                }

                complained = true;
            }
        }
    }

    private async Task<JournalStore?> RecoverAsync()
    {
        if (JournalFolder.ClaimAbandoned(options.CurrentValue.Folder, time.GetUtcNow() - Quiet) is not { } folder)
        {
            return null;
        }

        var abandoned = Open(folder);
        try
        {
            foreach (var fact in recovery.Run(abandoned))
            {
                await journal.RecordAsync(fact, null).ConfigureAwait(false);
            }

            return abandoned;
        }
        catch
        {
            abandoned.Dispose();
            throw;
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
