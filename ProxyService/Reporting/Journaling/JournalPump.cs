using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Publishes a batch; returns when the broker has confirmed it.</summary>
internal delegate Task PublishBatch(RequestsCompleted batch, CancellationToken cancellationToken);

/// <summary>
/// The one reader of the journal: publishes what is written, and knows how far the bus has confirmed it. A publish may hang for as long as the broker
/// is silent, and a cancelled one may have arrived: every attempt has its own deadline and is repeated under the same id.
/// </summary>
internal sealed partial class JournalPump : BackgroundService
{
    private const int MostInFlight = 8;
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(50);

    private readonly JournalStore store;
    private readonly Journal journal;
    private readonly PublishBatch publish;
    private readonly ReplicaName replica;
    private readonly JournalMetrics metrics;
    private readonly TimeProvider time;
    private readonly ILogger<JournalPump> logger;
    private readonly SemaphoreSlim slots = new(MostInFlight, MostInFlight);
    private readonly Queue<SegmentBatch> unconfirmed = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationTokenSource giveUp = new();
    private int complaints;

    /// <summary>Creates the pump of a journal.</summary>
    public JournalPump(JournalStore store, Journal journal, PublishBatch publish, ReplicaName replica, JournalMetrics metrics, TimeProvider time, ILogger<JournalPump> logger)
    {
        (this.store, this.journal, this.publish, this.replica, this.metrics, this.time, this.logger) = (store, journal, publish, replica, metrics, time, logger);
    }

    /// <summary>How long one attempt to publish may take.</summary>
    internal TimeSpan PublishTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the stop of the host waits for what is unsent.</summary>
    internal TimeSpan LongestDrain { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>The wait before a batch is sent again.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The wait before a segment that could not be read is read again.</summary>
    internal TimeSpan ReadAgainDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Age of the oldest fact that the bus has not confirmed.</summary>
    public TimeSpan OldestUnsent
    {
        get
        {
            lock (unconfirmed)
            {
                return unconfirmed.TryPeek(out var oldest) ? time.GetUtcNow() - oldest.WrittenAt : TimeSpan.Zero;
            }
        }
    }

    /// <inheritdoc />
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        if (ExecuteTask is { } running)
        {
            await running.WaitAsync(LongestDrain, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await giveUp.CancelAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (store.Unsent > 0)
        {
            LogLeft(store.Unsent);
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        slots.Dispose();
        stopping.Dispose();
        giveUp.Dispose();
        base.Dispose();
    }

    /// <summary>Sends a segment once more, under the same ids: the store does not have what the bus had confirmed.</summary>
    public async Task RepublishAsync(Segment segment, CancellationToken cancellationToken)
    {
        metrics.Republished();
        LogRepublish(segment.Path);
        foreach (var batch in BatchSource.Again(segment))
        {
            await PublishAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        do
        {
            try
            {
                await SendAllAsync().ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (giveUp.IsCancellationRequested)
            {
                // What is left lies in the journal.
                return;
            }
            catch (Exception e)
            {
                // A segment that cannot be read, mostly: its facts are nowhere else, so that nothing can be done but try again.
                LogStopped(e);
                await Task.Delay(ReadAgainDelay, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        while (!stopping.IsCancellationRequested);
    }

    /// <summary>Reads and sends, from where the bus has confirmed the journal to, until the host stops.</summary>
    private async Task SendAllAsync()
    {
        using var source = new BatchSource(store, metrics, logger) { Exhausted = Exhausted };
        var sending = new List<Task>();
        try
        {
            while (true)
            {
                var batch = source.Next(whole: false);
                if (batch is null)
                {
                    // Nothing yet, or not enough for a full batch: more comes within a moment, or does not.
                    await Task.Delay(Window, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    batch = source.Next(whole: true);
                }

                if (batch is not null)
                {
                    await slots.WaitAsync(giveUp.Token).ConfigureAwait(false);
                    lock (unconfirmed)
                    {
                        unconfirmed.Enqueue(batch);
                    }

                    sending.RemoveAll(task => task.IsCompleted);
                    sending.Add(SendAsync(batch));
                }
                else if (stopping.IsCancellationRequested)
                {
                    break;
                }
                else
                {
                    await ((Task)journal.News.WaitToReadAsync(stopping.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    journal.News.TryRead(out _);
                }
            }
        }
        finally
        {
            // Whatever ended the reading: what was read is confirmed before anybody begins anew behind it.
            await Task.WhenAll(sending).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(SegmentBatch batch)
    {
        try
        {
            while (true)
            {
                try
                {
                    await PublishAsync(batch, giveUp.Token).ConfigureAwait(false);
                    Volatile.Write(ref complaints, 0);
                    Confirmed(batch);
                    return;
                }
                catch (Exception e) when (!giveUp.IsCancellationRequested)
                {
                    // One line per outage, not one per batch and second.
                    if (Interlocked.Increment(ref complaints) == 1)
                    {
                        LogRetry(batch.Facts.Count, e.GetType().Name);
                    }

                    await Task.Delay(RetryDelay, giveUp.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception) when (giveUp.IsCancellationRequested)
        {
            // Lies in the journal.
        }
        finally
        {
            slots.Release();
        }
    }

    private async Task PublishAsync(SegmentBatch batch, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(PublishTimeout);

        // The token alone is not enough: a cancelled publish has been seen to return only much later.
        await publish(new RequestsCompleted(batch.Id, replica.Value, batch.Facts, batch.Segment.Id), deadline.Token).WaitAsync(PublishTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Confirmations come in any order; what is noted is the end of the stretch without gaps.</summary>
    private void Confirmed(SegmentBatch batch)
    {
        lock (unconfirmed)
        {
            batch.IsConfirmed = true;
            store.Sent(batch.Facts.Count);
            SegmentBatch? last = null;
            while (unconfirmed.TryPeek(out var oldest) && oldest.IsConfirmed)
            {
                unconfirmed.Dequeue();
                if (last is not null && last.Segment != oldest.Segment)
                {
                    Note(last);
                }

                last = oldest;
            }

            if (last is not null)
            {
                Note(last);
            }
        }
    }

    /// <summary>Behind the last fact of a closed segment may stand starts: they are nothing to send.</summary>
    private static void Note(SegmentBatch batch) => batch.Segment.Notes.Sent(batch.Segment.IsCut && batch.End >= batch.Segment.Notes.Planned[^1].End ? batch.Segment.Length : batch.End);

    private void Exhausted(Segment segment)
    {
        lock (unconfirmed)
        {
            segment.IsCut = true;
            foreach (var batch in unconfirmed)
            {
                if (batch.Segment == segment)
                {
                    return;
                }
            }

            segment.Notes.Sent(segment.Length);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The bus does not confirm {Count} request facts ({Reason}); they are sent again until it does.")]
    private partial void LogRetry(int count, string reason);

    [LoggerMessage(LogLevel.Error, "The journal could not be read to be sent; that is tried again from where the bus has confirmed it to.")]
    private partial void LogStopped(Exception e);

    [LoggerMessage(LogLevel.Warning, "The store lacks facts of the journal segment {Path} that the bus had taken; they are sent again.")]
    private partial void LogRepublish(string path);

    [LoggerMessage(LogLevel.Information, "{Count} request facts wait in the journal for the next start.")]
    private partial void LogLeft(long count);
}
