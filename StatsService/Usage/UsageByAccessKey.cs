namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage by model and access key.</summary>
internal sealed class UsageByAccessKey() : UsageCube(TableName, GroupColumn, fact => fact.AccessKeyId)
{
    public const string TableName = "usage_per_access_key";

    public const string GroupColumn = "access_key_id";
}
