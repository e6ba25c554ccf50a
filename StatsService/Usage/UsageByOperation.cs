namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage by model and operation. Every request is in it exactly once.</summary>
internal sealed class UsageByOperation() : UsageCube<string>(TableName, GroupColumn, "text", fact => fact.Operation.ToString())
{
    public const string TableName = "usage_per_operation";

    public const string GroupColumn = "operation";
}
