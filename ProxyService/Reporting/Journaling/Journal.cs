using System.Collections.Concurrent;
using System.Threading.Channels;
using GeminiBalance.Contracts;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>
/// The append-only journal. Whoever brings a record while nobody writes becomes the writer and also writes what others bring meanwhile: no lock, no
/// thread of its own, one write for all who came together. While the disk fails, facts stay in a bounded memory and new work is refused beyond it.
/// </summary>
internal sealed partial class Journal : IRequestLedger, IDisposable
{
    private readonly ConcurrentQueue<JournalEntry> waiting = [];
    private readonly JournalEntryPool entries = new();
    private readonly JournalBatch batch = new();
    private readonly HeldFacts held;
    private readonly Channel<bool> news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly JournalSync sync;
    private readonly JournalStore store;
    private readonly JournalDisk disk;
    private readonly IOptionsMonitor<JournalOptions> options;
    private readonly TimeProvider time;
    private readonly ILogger<Journal> logger;
    private int writing;
    private long inWork;
    private long appended;
    private bool dirty;

    /// <summary>Creates the journal of a folder.</summary>
    /// <param name="store">The folder and its segments.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="options">The settings.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public Journal(JournalStore store, JournalDisk disk, IOptionsMonitor<JournalOptions> options, TimeProvider time, ILogger<Journal> logger)
    {
        (this.store, this.disk, this.options, this.time, this.logger) = (store, disk, options, time, logger);
        sync = options.CurrentValue.Sync;
        held = new HeldFacts(time);
    }

    /// <summary>Whether facts are in memory only, because the disk fails.</summary>
    public bool IsDegraded => held.IsDegraded;

    /// <summary>How many facts are in memory only.</summary>
    public long Held => held.Count;

    /// <summary>Facts written since the start.</summary>
    public long Appended => Interlocked.Read(ref appended);

    /// <inheritdoc />
    public long Unsent => store.Unsent + Held;

    /// <summary>Gets a sign whenever facts were written; several may share one.</summary>
    public ChannelReader<bool> News => news.Reader;

    /// <inheritdoc />
    public bool TryAdmit()
    {
        var working = Interlocked.Increment(ref inWork);
        if (!IsDegraded || Held + working <= options.CurrentValue.RingCapacity)
        {
            return true;
        }

        Interlocked.Decrement(ref inWork);
        return false;
    }

    /// <inheritdoc />
    public void Leave() => Interlocked.Decrement(ref inWork);

    /// <inheritdoc />
    public ValueTask<Segment?> BeginAsync(in RequestStart start)
    {
        var entry = entries.Rent();
        entry.Set(start);
        return AppendAsync(entry);
    }

    /// <inheritdoc />
    public async ValueTask RecordAsync(RequestFact fact, Segment? began)
    {
        var entry = entries.Rent();
        entry.Set(fact, began, time.GetUtcNow());
        await AppendAsync(entry).ConfigureAwait(false);
    }

    /// <summary>Writes what waits, if the disk lets it and nobody else does; called from time to time, so that recovery does not wait for a request.</summary>
    public void Write()
    {
        do
        {
            if (!TryEnter())
            {
                return;
            }

            try
            {
                WriteAll();
            }
            finally
            {
                // A full fence: what was queued before this must be seen by the look at the queue after it.
                Interlocked.Exchange(ref writing, 0);
            }
        }
        while (!waiting.IsEmpty);
    }

    /// <summary>Closes a segment that has facts and is old enough, as if it were full.</summary>
    /// <param name="always">Whatever its age.</param>
    public void CloseOld(bool always = false)
    {
        if (TryEnter())
        {
            Close(current => current.Facts > 0 && (always || time.GetUtcNow() - current.OpenedAt >= options.CurrentValue.SegmentAge));
        }
    }

    /// <summary>Takes over the segments of a folder nobody writes any more, and that was put in order.</summary>
    public void Take(JournalStore abandoned)
    {
        store.Take(abandoned);
        SpinWait spin = default;
        while (!TryEnter())
        {
            spin.SpinOnce();
        }

        // The pump reads one segment after the other, and would wait for the one being written.
        Close(_ => true);
        news.Writer.TryWrite(true);
    }

    /// <summary>Waits until what was written has reached the disk.</summary>
    public void Flush()
    {
        if (IsDegraded)
        {
            return;
        }

        store.ReleaseClosed(disk);
        if (Volatile.Read(ref dirty))
        {
            Volatile.Write(ref dirty, false);
            store.FlushCurrent(disk);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        entries.Dispose();
        batch.Dispose();
    }

    private bool TryEnter() => Interlocked.CompareExchange(ref writing, 1, 0) == 0;

    /// <summary>Closes the segment being written, if it is one to close, and lets others write again.</summary>
    private void Close(Predicate<Segment> which)
    {
        try
        {
            if (store.Current is { } current && which(current))
            {
                store.CloseCurrent(time.GetUtcNow());
                news.Writer.TryWrite(true);
            }
        }
        finally
        {
            Interlocked.Exchange(ref writing, 0);
        }

        Write();
    }

    private ValueTask<Segment?> AppendAsync(JournalEntry entry)
    {
        // Before it is queued: from then on another thread may complete it.
        var written = entry.Written(entries.GiveBack);
        waiting.Enqueue(entry);
        if (sync == JournalSync.Process)
        {
            Write();
        }
        else if (Volatile.Read(ref writing) == 0)
        {
            // Waiting for the disk takes milliseconds: on none of the threads requests share.
            _ = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }

        return written;
    }

    private void WriteAll()
    {
        if (IsDegraded && !TryRecover())
        {
            HoldWaiting();
            return;
        }

        while (batch.Take(waiting))
        {
            try
            {
                var segment = Append(batch.Bytes, batch.Facts, batch.Tokens, batch.Starts);
                foreach (var entry in batch.Entries)
                {
                    entry.Began?.Finished();
                    entry.Complete(segment);
                }
            }
            catch (Exception e) when (JournalDisk.IsFailure(e))
            {
                Degrade(e);
                batch.Entries.ForEach(held.Hold);
                HoldWaiting();
                return;
            }
        }
    }

    private void HoldWaiting()
    {
        while (waiting.TryDequeue(out var entry))
        {
            held.Hold(entry);
        }
    }

    private Segment Append(ReadOnlySpan<byte> bytes, int facts, long tokens, int starts)
    {
        var now = time.GetUtcNow();
        var segment = store.For(bytes.Length, options.CurrentValue.SegmentBytes, disk, now);

        // At the same offset until it succeeds: what a failed write left behind is overwritten.
        disk.Write(segment.Handle!, bytes, segment.Length);
        if (sync == JournalSync.Power)
        {
            disk.Flush(segment.Handle!);
        }
        else
        {
            Volatile.Write(ref dirty, true);
        }

        segment.Appended(bytes.Length, facts, tokens, starts);
        if (facts > 0)
        {
            Interlocked.Add(ref appended, facts);
            store.Wrote(facts);
            news.Writer.TryWrite(true);
        }

        return segment;
    }

    private void Degrade(Exception e)
    {
        if (held.Fail(e))
        {
            LogDegraded(e.Message, options.CurrentValue.RingCapacity);
        }
    }

    private bool TryRecover()
    {
        if (!held.MayRetry)
        {
            return false;
        }

        try
        {
            // A segment whose write failed may be damaged on the disk: it gets nothing more, and what is held goes to a fresh one.
            store.CloseCurrent(time.GetUtcNow());
            held.Release((frame, tokens) => Append(frame, 1, tokens, 0));
        }
        catch (Exception e) when (JournalDisk.IsFailure(e))
        {
            Degrade(e);
            return false;
        }

        LogRecovered();
        return true;
    }

    [LoggerMessage(LogLevel.Error, "The journal cannot be written ({Reason}). Facts stay in memory, at most {Capacity}; after that new requests are refused.")]
    private partial void LogDegraded(string reason, int capacity);

    [LoggerMessage(LogLevel.Warning, "The journal is written again; nothing was lost.")]
    private partial void LogRecovered();
}
