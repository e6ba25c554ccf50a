using System.Text.Json.Serialization;

namespace GeminiBalance.Contracts;

/// <summary>Counts of one bucket or group. Tokens as the upstream reported them.</summary>
/// <param name="Requests">All requests.</param>
/// <param name="Succeeded">Answered in full.</param>
/// <param name="ClientErrors">Refused because of the request or a limit of its access key.</param>
/// <param name="Failed">Failed for any other reason: no key, upstream, network, gateway.</param>
/// <param name="Aborted">Left by the client before the end.</param>
/// <param name="PromptTokens">Prompt tokens, tool-use prompt tokens included.</param>
/// <param name="CompletionTokens">Completion tokens, thoughts not included.</param>
/// <param name="ThoughtTokens">Thinking tokens.</param>
/// <param name="CachedTokens">The part of the prompt that came from a cache.</param>
/// <param name="TotalTokens">The upstream's totals.</param>
/// <param name="EstimatedRequests">Requests whose tokens are the gateway's estimate.</param>
/// <param name="PromptAudioTokens">The part of the prompt that was audio.</param>
/// <param name="CompletionAudioTokens">The part of the completion that is audio.</param>
/// <param name="CostUsd">Price of the tokens by the price table as it is now; null when no price is known for any of them.</param>
/// <param name="UnpricedTokens">The part of <paramref name="TotalTokens"/> that no price is known for, and that is not in <paramref name="CostUsd"/>.</param>
public sealed record UsageCounts(
    long Requests,
    long Succeeded,
    long ClientErrors,
    long Failed,
    long Aborted,
    long PromptTokens,
    long CompletionTokens,
    long ThoughtTokens,
    long CachedTokens,
    long TotalTokens,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long EstimatedRequests = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long PromptAudioTokens = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long CompletionAudioTokens = 0,
    double? CostUsd = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] long UnpricedTokens = 0);

/// <summary>Quantiles of a latency in milliseconds, from a histogram whose bucket bounds grow by 10 % (so a quantile is off by at most 5 %).</summary>
/// <param name="Count">Measured requests.</param>
/// <param name="P50">Median.</param>
/// <param name="P90">90th percentile.</param>
/// <param name="P95">95th percentile.</param>
/// <param name="P99">99th percentile.</param>
public sealed record LatencyQuantiles(long Count, double P50, double P90, double P95, double P99);

/// <summary>One bucket of the overview's charts.</summary>
/// <param name="At">Start of the bucket (UTC).</param>
/// <param name="Counts">What happened in it.</param>
/// <param name="Total">Latency of whole requests; null when none was measured.</param>
/// <param name="FirstToken">Time to first token of streams; null when none was measured.</param>
public sealed record OverviewBucket(DateTimeOffset At, UsageCounts Counts, LatencyQuantiles? Total, LatencyQuantiles? FirstToken);

/// <summary>The state of the gateway over a range.</summary>
/// <param name="From">Start of the range (UTC), on a bucket's start.</param>
/// <param name="To">End of the range (UTC), exclusive.</param>
/// <param name="Counts">What happened in it.</param>
/// <param name="RequestsPerMinute">Throughput over the range's past part.</param>
/// <param name="Availability">Share (0 to 1) of requests not failed among those not at fault themselves; null without any.</param>
/// <param name="ErrorRate">Share (0 to 1) of requests that did not succeed and were not left by the client; null without any.</param>
/// <param name="ActiveAccessKeys">Access keys that sent at least one request.</param>
/// <param name="Total">Latency of whole requests; null when none was measured.</param>
/// <param name="FirstToken">Time to first token of streams; null when none was measured.</param>
/// <param name="Buckets">The range in buckets, oldest first, empty ones included.</param>
/// <param name="LagSeconds">How far the views are behind the store.</param>
public sealed record Overview(
    DateTimeOffset From,
    DateTimeOffset To,
    UsageCounts Counts,
    double RequestsPerMinute,
    double? Availability,
    double? ErrorRate,
    int ActiveAccessKeys,
    LatencyQuantiles? Total,
    LatencyQuantiles? FirstToken,
    IReadOnlyList<OverviewBucket> Buckets,
    double LagSeconds);

/// <summary>What usage is grouped by.</summary>
public enum UsageGrouping
{
    /// <summary>By the model the client asked for.</summary>
    Model,

    /// <summary>By upstream key.</summary>
    Key,

    /// <summary>By access key.</summary>
    AccessKey,

    /// <summary>By the final outcome.</summary>
    Outcome,

    /// <summary>By what was asked for.</summary>
    Operation,
}

/// <summary>Usage of one group, and of one bucket when buckets were asked for.</summary>
/// <param name="At">Start of the bucket (UTC); null when the range is one sum.</param>
/// <param name="Group">Model name, key id, access key id, outcome or operation; null for requests that have none.</param>
/// <param name="Counts">What happened.</param>
public sealed record UsageRow(DateTimeOffset? At, string? Group, UsageCounts Counts);

/// <summary>Usage over a range.</summary>
/// <param name="From">Start of the range (UTC), on a bucket's start.</param>
/// <param name="To">End of the range (UTC), exclusive.</param>
/// <param name="GroupBy">What it is grouped by.</param>
/// <param name="Total">The sum of all rows.</param>
/// <param name="Rows">The rows, largest first, or by time when in buckets.</param>
/// <param name="LagSeconds">How far the views are behind the store.</param>
public sealed record Usage(DateTimeOffset From, DateTimeOffset To, UsageGrouping GroupBy, UsageCounts Total, IReadOnlyList<UsageRow> Rows, double LagSeconds);

/// <summary>A request that failed lately.</summary>
/// <param name="Id">The request's id, as the client saw it in <c>x-request-id</c>.</param>
/// <param name="At">When it started (UTC).</param>
/// <param name="Outcome">Its outcome.</param>
/// <param name="Status">The HTTP status the client saw.</param>
/// <param name="ErrorCode">The error code the client saw.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="AccessKeyId">The access key that asked.</param>
/// <param name="KeyId">The last upstream key tried.</param>
/// <param name="Attempts">How many upstream calls were made.</param>
/// <param name="LastAttempt">How the last of them ended.</param>
public sealed record FailedRequest(
    Guid Id,
    DateTimeOffset At,
    RequestOutcome Outcome,
    int Status,
    string? ErrorCode,
    string? Model,
    Guid? AccessKeyId,
    Guid? KeyId,
    int Attempts,
    UpstreamOutcomeClass? LastAttempt);

/// <summary>What upstream calls are grouped by.</summary>
public enum AttemptGrouping
{
    /// <summary>By how they ended.</summary>
    Class,

    /// <summary>By upstream key.</summary>
    Key,

    /// <summary>By the model the client asked for.</summary>
    Model,
}

/// <summary>Upstream calls of one bucket or group, by whom their end blames.</summary>
/// <param name="Attempts">All calls.</param>
/// <param name="Succeeded">Complete answers.</param>
/// <param name="RequestFaults">Refused because of the request: its content, or a model that is not known.</param>
/// <param name="KeyFaults">Refused because of the key or the quota of its pool.</param>
/// <param name="UpstreamFaults">Failed upstream or on the way: overloaded, an error, no answer in time, no connection.</param>
/// <param name="Cancelled">Given up because the client left.</param>
/// <param name="MeanMs">How long a call took on average, in milliseconds; null without any.</param>
public sealed record AttemptCounts(long Attempts, long Succeeded, long RequestFaults, long KeyFaults, long UpstreamFaults, long Cancelled, double? MeanMs);

/// <summary>Upstream calls of one group, and of one bucket when buckets were asked for.</summary>
/// <param name="At">Start of the bucket (UTC); null when the range is one sum.</param>
/// <param name="Group">Class, key id or model name; null for requests that named no model.</param>
/// <param name="Counts">What happened.</param>
public sealed record AttemptRow(DateTimeOffset? At, string? Group, AttemptCounts Counts);

/// <summary>Upstream calls over a range: every one, also those that a later call made good.</summary>
/// <param name="From">Start of the range (UTC), on a bucket's start.</param>
/// <param name="To">End of the range (UTC), exclusive.</param>
/// <param name="GroupBy">What it is grouped by.</param>
/// <param name="Total">The sum of all rows.</param>
/// <param name="Rows">The rows, largest first, or by time when in buckets.</param>
/// <param name="LagSeconds">How far the views are behind the store.</param>
public sealed record AttemptReport(DateTimeOffset From, DateTimeOffset To, AttemptGrouping GroupBy, AttemptCounts Total, IReadOnlyList<AttemptRow> Rows, double LagSeconds);

/// <summary>What is used.</summary>
public enum UsedKind
{
    /// <summary>An access key, by every request it sent.</summary>
    AccessKey,

    /// <summary>An upstream key, by every request that tried it.</summary>
    Key,
}

/// <summary>When a key or access key was last used.</summary>
/// <param name="Id">The key or access key.</param>
/// <param name="At">When the newest request that used it started (UTC).</param>
public sealed record LastUse(Guid Id, DateTimeOffset At);

/// <summary>Keys or access keys by id; those that were never used are left out.</summary>
/// <param name="Items">When each was last used.</param>
/// <param name="Next">Give it as <c>after</c> for the next page; null on the last.</param>
/// <param name="Of">What they are.</param>
public sealed record LastUsePage(IReadOnlyList<LastUse> Items, Guid? Next, UsedKind Of = UsedKind.AccessKey);

/// <summary>Where the views stand.</summary>
/// <param name="HighWater">The last event of the store that all earlier ones are known for.</param>
/// <param name="Views">Each view's own position.</param>
/// <param name="LagSeconds">Age of the oldest event some view has not seen; 0 when all are up to date.</param>
/// <param name="Leader">Name of the replica that runs the views.</param>
public sealed record ProjectionStatus(long HighWater, IReadOnlyDictionary<string, long> Views, double LagSeconds, string? Leader);

/// <summary>Said by the live feed whenever the views moved on.</summary>
/// <param name="Position">The position all views have reached.</param>
/// <param name="LagSeconds">How far the views are behind the store.</param>
public sealed record LiveTick(long Position, double LagSeconds);

/// <summary>Said by the feed of requests when a listener was too far behind to get everything.</summary>
/// <param name="Events">How many events of the store were left out, wanted or not.</param>
public sealed record LiveSkip(long Events);
