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
