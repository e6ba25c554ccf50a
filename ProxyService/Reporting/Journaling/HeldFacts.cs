namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>What is in memory only, because the disk fails. Changed by the writer alone; the counts may be read by anybody.</summary>
/// <param name="time">The clock.</param>
internal sealed class HeldFacts(TimeProvider time)
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    private readonly Queue<(byte[] Frame, long Tokens, Segment? Began)> facts = [];
    private long count;
    private long failedAt;
    private int isDegraded;

    /// <summary>Why the disk fails; null while it does not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Whether the disk fails.</summary>
    public bool IsDegraded => Volatile.Read(ref isDegraded) == 1;

    /// <summary>How many facts are held.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>Whether the last failure is long enough ago for another try.</summary>
    public bool MayRetry => time.GetElapsedTime(failedAt) >= BetweenTries;

    /// <summary>The disk has failed.</summary>
    /// <returns>Whether it had not before.</returns>
    public bool Fail(Exception failure)
    {
        Failure = failure.Message;
        failedAt = time.GetTimestamp();
        return Interlocked.Exchange(ref isDegraded, 1) == 0;
    }

    /// <summary>Keeps a fact. A start without its fact is worth nothing in memory: both would die together.</summary>
    public void Hold(JournalEntry entry)
    {
        if (entry.Kind == JournalRecordKind.Fact)
        {
            facts.Enqueue((entry.Frame.ToArray(), entry.Tokens, entry.Began));
            Interlocked.Increment(ref count);
        }

        entry.Complete(null);
    }

    /// <summary>Writes everything that is held, oldest first; what a failing write leaves stays held.</summary>
    /// <param name="append">Writes the frame of one fact with so many tokens, or throws.</param>
    public void Release(Action<byte[], long> append)
    {
        while (facts.TryPeek(out var next))
        {
            append(next.Frame, next.Tokens);
            next.Began?.Finished();
            facts.Dequeue();
            Interlocked.Decrement(ref count);
        }

        Failure = null;
        Volatile.Write(ref isDegraded, 0);
    }
}
