namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage by model and access key.</summary>
internal sealed class UsageByAccessKey() : UsageCube<Guid>(TableName, GroupColumn, "uuid", fact => fact.AccessKeyId ?? Guid.Empty)
{
    public const string TableName = "usage_per_access_key";

    public const string GroupColumn = "access_key_id";
}
