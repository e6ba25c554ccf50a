namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage by model and upstream key. Every request is in it exactly once, so sums over all of it are the gateway's.</summary>
internal sealed class UsageByKey() : UsageCube<Guid>(TableName, GroupColumn, "uuid", fact => fact.KeyId ?? Guid.Empty)
{
    public const string TableName = "usage_per_key";

    public const string GroupColumn = "key_id";
}
