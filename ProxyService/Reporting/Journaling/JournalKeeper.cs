using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>
/// Puts the journal in order before anything is served, and keeps it so: lets it reach the disk, tries again when the disk failed, closes segments
/// by age, and removes those that the store has confirmed and that are old enough, or are more than the disk shall hold.
/// </summary>
internal sealed partial class JournalKeeper(
    Journal journal,
    JournalStore store,
    JournalRecovery recovery,
    IOptionsMonitor<JournalOptions> options,
    TimeProvider time,
    ILogger<JournalKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);
    private bool complained;
    private bool isShort;
    private bool recoveredAreWritten;

    /// <inheritdoc />
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var fact in recovery.Run(store))
        {
            await journal.RecordAsync(fact, null).ConfigureAwait(false);
        }

        Settle();
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        Keep(closeAll: true);
        if (journal.Held > 0)
        {
            LogLost(journal.Held);
        }
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => KeepOn(stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);

    /// <summary>On a thread of its own: a disk may take its time, and requests share a thread for each core.</summary>
    private void KeepOn(CancellationToken stoppingToken)
    {
        do
        {
            Keep(closeAll: false);
        }
        while (!stoppingToken.WaitHandle.WaitOne(Beat));
    }

    /// <summary>One round.</summary>
    internal void Keep(bool closeAll)
    {
        try
        {
            journal.CloseOld(closeAll);
            journal.Flush();
            Settle();
            Remove();
            complained = false;
        }
        catch (Exception e)
        {
            // Mostly the disk, but whatever it was: the thread that looks after the journal must not end.
            if (!complained)
            {
                LogFailed(store.Path, e.Message);
            }

            complained = true;
        }
    }

    /// <summary>
    /// Not before what recovery has found is written, which a full disk puts off: had this process died until then, the next one would have to find
    /// those requests again. A disk that fails later does no harm, because requests of this process keep their segments open until their facts are written.
    /// </summary>
    private void Settle()
    {
        recoveredAreWritten |= !journal.IsDegraded;
        if (recoveredAreWritten)
        {
            JournalRecovery.Settle(store);
        }
    }

    private void Remove()
    {
        var (limit, most) = (time.GetUtcNow() - options.CurrentValue.Retention, options.CurrentValue.MaximumBytes);
        var bytes = store.Bytes;
        if (isShort && bytes <= most / 2)
        {
            isShort = false;
        }

        foreach (var segment in store.Segments)
        {
            if (!segment.IsClosed || !segment.Notes.IsSettled)
            {
                return;
            }

            var isOld = segment.ClosedAt <= limit;
            if (segment.Notes.IsConfirmed && (isOld || bytes > most))
            {
                if (!isOld && !isShort)
                {
                    isShort = true;
                    LogShort(store.Path, most, segment.ClosedAt);
                }

                bytes -= segment.Length;
                store.Remove(segment);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The journal in {Folder} could not be looked after: {Reason}")]
    private partial void LogFailed(string folder, string reason);

    [LoggerMessage(LogLevel.Warning, "The journal in {Folder} holds more than Journal:MaximumBytes ({Bytes}): confirmed segments are removed before Journal:Retention is over, from {ClosedAt:O} on. Back up more often than that, or give it more room.")]
    private partial void LogShort(string folder, long bytes, DateTimeOffset closedAt);

    [LoggerMessage(LogLevel.Error, "The journal could not be written until the end: {Count} request facts are lost.")]
    private partial void LogLost(long count);
}
