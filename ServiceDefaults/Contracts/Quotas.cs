namespace GeminiBalance.Contracts;

/// <summary>What a quota counts, and over how long.</summary>
public enum QuotaMetric
{
    /// <summary>Requests in a minute (RPM).</summary>
    RequestsPerMinute,

    /// <summary>Input tokens in a minute (TPM).</summary>
    TokensPerMinute,

    /// <summary>Requests in a day, which ends at midnight in California (RPD).</summary>
    RequestsPerDay,

    /// <summary>Input tokens in a day, which ends at midnight in California.</summary>
    TokensPerDay,
}

/// <summary>What a Google project pays for. A free key is used before a paid one.</summary>
public enum KeyTier
{
    /// <summary>The free tier.</summary>
    Free,

    /// <summary>A billing account pays.</summary>
    Paid,
}

/// <summary>What one proxy sent upstream in about a second. KeyHealthService adds these up over all proxies into the quota ledger.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus.</param>
/// <param name="Proxy">Name of the proxy replica.</param>
/// <param name="At">End of the second (UTC).</param>
/// <param name="Usage">One entry per key and model that was used.</param>
public sealed partial record KeyUsageReported(Guid BatchId, string Proxy, DateTimeOffset At, IReadOnlyList<KeyUsage> Usage);

/// <summary>The use of one key for one model.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="Requests">Calls sent, refused ones included: they count against a quota too.</param>
/// <param name="Successes">Calls that were answered.</param>
/// <param name="InputTokens">Input tokens of the calls, as the upstream counted them or as estimated.</param>
/// <param name="OutputTokens">Output tokens, thoughts included.</param>
/// <param name="LatencyMs">Milliseconds until the first byte, summed over the calls that were answered.</param>
public sealed record KeyUsage(Guid KeyId, string Model, long Requests, long Successes, long InputTokens, long OutputTokens, double LatencyMs);

/// <summary>The limits of one model in one quota pool, and what all proxies together have used of them.</summary>
/// <param name="Pool"><c>project:NAME</c>, or <c>key:ID</c> for a key whose project is unknown.</param>
/// <param name="Model">The model; <c>*</c> stands for every model of the pool without an entry of its own.</param>
/// <param name="Windows">One entry per metric whose limit is known.</param>
public sealed record PoolQuota(string Pool, string Model, IReadOnlyList<QuotaWindow> Windows);

/// <summary>One limit and the window it counts in.</summary>
/// <param name="Metric">What is counted.</param>
/// <param name="Limit">The most the window allows.</param>
/// <param name="Used">What was used in it, by all proxies, when it was published.</param>
/// <param name="EndsAt">When the window ends and the count begins at 0 again (UTC).</param>
public sealed record QuotaWindow(QuotaMetric Metric, long Limit, long Used, DateTimeOffset EndsAt);

/// <summary>Quotas whose use or limits changed, sent about once a second over <see cref="PoolRedisKeys.QuotaChanges"/>. A lost one does no harm: <see cref="PoolRedisKeys.Quotas"/> holds all.</summary>
/// <param name="Epoch">See <see cref="PoolSnapshot.Epoch"/>.</param>
/// <param name="Quotas">The changed ones, each whole. One without windows has no known limit any more.</param>
public sealed record PoolQuotaChange(Guid Epoch, IReadOnlyList<PoolQuota> Quotas);

/// <summary>A quota pool as operators see it.</summary>
/// <param name="Pool"><c>project:NAME</c>, or <c>key:ID</c> for a key whose project is unknown.</param>
/// <param name="Project">The project's name; null for a single key.</param>
/// <param name="Number">The project's number at Google, as <c>projects/123</c>, when known.</param>
/// <param name="BillingAccount">The billing account that pays for it, when known: when it is empty, all its projects stop.</param>
/// <param name="Tier">What the project pays for, when known.</param>
/// <param name="Keys">How many keys draw from it.</param>
/// <param name="Models">Limits, use and states by model.</param>
public sealed record PoolView(string Pool, string? Project, string? Number, string? BillingAccount, KeyTier? Tier, int Keys, IReadOnlyList<PoolModelView> Models);

/// <summary>A page of quota pools.</summary>
/// <param name="Items">The pools, by name.</param>
/// <param name="Next">Pass as <c>after</c> to get the next page; null on the last.</param>
/// <param name="Total">How many pools there are.</param>
public sealed record PoolPage(IReadOnlyList<PoolView> Items, string? Next, int Total);

/// <summary>One model in a quota pool.</summary>
/// <param name="Model">The model; <c>*</c> stands for every model that has no limits of its own.</param>
/// <param name="Metrics">Limits and use.</param>
/// <param name="States">The states that keep requests away; empty when the model is available.</param>
public sealed record PoolModelView(string Model, IReadOnlyList<PoolMetricView> Metrics, IReadOnlyList<PoolQuotaState> States);

/// <summary>One metric of a model in a quota pool.</summary>
/// <param name="Metric">What is counted.</param>
/// <param name="Limit">The limit in force: the operator's, else the learned one.</param>
/// <param name="SetByOperator">Whether an operator set it.</param>
/// <param name="Used">What was used in the window that runs.</param>
/// <param name="EndsAt">When the window ends (UTC).</param>
public sealed record PoolMetricView(QuotaMetric Metric, long? Limit, bool SetByOperator, long Used, DateTimeOffset EndsAt);

/// <summary>A state that keeps requests away from a model in a pool.</summary>
/// <param name="Metric">The metric that is used up; null when the upstream named none.</param>
/// <param name="Status">Cooling, Exhausted or NotOffered.</param>
/// <param name="Until">When it ends (UTC).</param>
/// <param name="Since">Since when it holds (UTC).</param>
/// <param name="UpstreamQuota">The quota's id as the upstream named it.</param>
public sealed record PoolQuotaState(QuotaMetric? Metric, KeyStatus Status, DateTimeOffset? Until, DateTimeOffset Since, string? UpstreamQuota);

/// <summary>What an operator says about a Google project. Null leaves a value as it is, an empty string clears it.</summary>
/// <param name="Number">Its number at Google: <c>projects/123</c> or <c>123</c>.</param>
/// <param name="BillingAccount">The billing account that pays for it; at most 200 characters.</param>
/// <param name="Tier">What it pays for.</param>
public sealed record EditPool(string? Number, string? BillingAccount, KeyTier? Tier);

/// <summary>Sets the limits of a model in a quota pool. Null takes the operator's limit away; what was learned holds then.</summary>
/// <param name="Model">The model; <c>*</c> for every model without limits of its own.</param>
/// <param name="RequestsPerMinute">RPM.</param>
/// <param name="TokensPerMinute">TPM, input tokens.</param>
/// <param name="RequestsPerDay">RPD.</param>
public sealed record SetLimits(string Model, long? RequestsPerMinute, long? TokensPerMinute, long? RequestsPerDay);

/// <summary>Ends the states of a model in a quota pool at once.</summary>
/// <param name="Model">The model; null means all models of the pool.</param>
public sealed record ResetQuota(string? Model);
