using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage by key and by access key in wide rows: for every question about them that names no outcome.</summary>
internal sealed class KeyTotals : IView
{
    public const string ViewName = "key_totals";

    public const string KeyTableName = "totals_per_key";

    public const string AccessKeyTableName = "totals_per_access_key";

    private readonly GroupTotals[] groups =
    [
        new(KeyTableName, UsageByKey.GroupColumn, fact => fact.KeyId ?? Guid.Empty),
        new(AccessKeyTableName, UsageByAccessKey.GroupColumn, fact => fact.AccessKeyId ?? Guid.Empty),
    ];

    public KeyTotals() => Tables = [.. groups.Select(one => one.BuildTable())];

    public string Name => ViewName;

    public IReadOnlyList<Table> Tables { get; }

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var page = facts as IReadOnlyCollection<RequestFact> ?? [.. facts];
        return groups.SelectMany(one => one.Project(page));
    }
}
