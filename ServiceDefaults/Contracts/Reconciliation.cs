namespace GeminiBalance.Contracts;

/// <summary>
/// What a proxy states of a segment of its journal that gets no further facts and that the bus has confirmed whole. Told to StatsService with
/// <c>POST /internal/segments</c> (an array of at most <see cref="MaximumSegments"/>), again and again until the answer, an array of
/// <see cref="SegmentVerdict"/>, says that the facts are in the store: only then may the segment ever be deleted.
/// </summary>
/// <param name="Proxy">Name of the proxy replica.</param>
/// <param name="Segment">The segment; the same as in <see cref="RequestsCompleted.Segment"/>.</param>
/// <param name="OpenedAt">When it was begun (UTC).</param>
/// <param name="ClosedAt">When it was closed (UTC).</param>
/// <param name="Facts">How many facts it holds.</param>
/// <param name="TotalTokens">The sum of their <see cref="TokenUsage.Total"/>, estimates included.</param>
public sealed record SegmentClosed(string Proxy, Guid Segment, DateTimeOffset OpenedAt, DateTimeOffset ClosedAt, long Facts, long TotalTokens)
{
    /// <summary>The most segments one call may state.</summary>
    public const int MaximumSegments = 500;

    /// <summary>
    /// Header of the answer: what the event store calls itself, a UUID. It changes when the store is another one or was restored from a backup; what was
    /// confirmed before may then be missing, and is stated again.
    /// </summary>
    public const string StoreHeader = "x-gb-store";
}

/// <summary>What StatsService finds of a stated segment.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="State">Whether the store agrees.</param>
/// <param name="Facts">How many of its facts are stored.</param>
/// <param name="TotalTokens">The sum of their tokens.</param>
public sealed record SegmentVerdict(Guid Segment, SegmentState State, long Facts, long TotalTokens);

/// <summary>How a stated segment and the store compare.</summary>
public enum SegmentState
{
    /// <summary>The store holds fewer facts than stated: they are on their way, or lost with the broker and sent again after a while.</summary>
    Incomplete,

    /// <summary>Every fact is stored and the tokens are equal.</summary>
    Confirmed,

    /// <summary>As many facts or more, and yet not the same: a fault, shown as <c>gb_accounting_mismatch</c>.</summary>
    Mismatch,
}

/// <summary>A segment, as its proxy states it and as the store has it.</summary>
/// <param name="Stated">What the proxy states.</param>
/// <param name="Verdict">What the store has.</param>
public sealed record ReconciledSegment(SegmentClosed Stated, SegmentVerdict Verdict);

/// <summary>How the proxies' journals and the store compare.</summary>
/// <param name="Open">Segments that no proxy has stated as closed yet.</param>
/// <param name="Incomplete">Closed segments whose facts are not all stored yet.</param>
/// <param name="Confirmed">Closed segments that agree.</param>
/// <param name="Mismatch">Closed segments that do not.</param>
/// <param name="Differing">The newest of those that are incomplete or do not agree.</param>
public sealed record Reconciliation(long Open, long Incomplete, long Confirmed, long Mismatch, IReadOnlyList<ReconciledSegment> Differing);

/// <summary>A fact that could not be stored as an event, and is in no sum until it is replayed.</summary>
/// <param name="Batch">The batch it came in.</param>
/// <param name="Position">Its place in the batch, from 0.</param>
/// <param name="Proxy">The proxy that sent it.</param>
/// <param name="ParkedAt">When it was parked (UTC).</param>
/// <param name="Reason">Why it could not be stored.</param>
/// <param name="Fact">The fact; null when the batch had none in this place.</param>
public sealed record ParkedFact(Guid Batch, int Position, string Proxy, DateTimeOffset ParkedAt, string Reason, RequestFact? Fact);

/// <summary>Messages and facts that are aside.</summary>
/// <param name="Queues">Messages in the queues of failed and undeliverable messages, by queue; a queue that does not exist has none.</param>
/// <param name="Parked">How many facts are parked.</param>
/// <param name="Facts">The newest of them.</param>
public sealed record DeadLetters(IReadOnlyDictionary<string, long> Queues, long Parked, IReadOnlyList<ParkedFact> Facts);

/// <summary>What a replay did.</summary>
/// <param name="Messages">Messages put back into their queue.</param>
/// <param name="Facts">Parked facts that are stored now.</param>
/// <param name="StillParked">Parked facts that still cannot be stored.</param>
public sealed record ReplayResult(long Messages, int Facts, long StillParked);

/// <summary>What was given up.</summary>
/// <param name="Facts">Parked facts that are gone.</param>
public sealed record DiscardedFacts(long Facts);
