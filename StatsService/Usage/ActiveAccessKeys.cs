using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Which access keys asked anything, by the quarter of an hour, hour, six hours and day.</summary>
internal static class ActiveAccessKeys
{
    public const string TableName = "active_access_keys";

    public const string KeyColumn = "access_key_id";

    private const string Insert = $"""
        insert into {StoreExtensions.Schema}.{TableName} ({Rollup.WidthColumn}, bucket_at, {KeyColumn})
        select * from unnest(?, ?, ?)
        on conflict do nothing
        """;

    public static Table BuildTable()
    {
        var table = new Table($"{StoreExtensions.Schema}.{TableName}");
        table.AddColumn(Rollup.WidthColumn, "integer").AsPrimaryKey();
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn(KeyColumn, "uuid").AsPrimaryKey();
        return table;
    }

    /// <summary>Adds a page.</summary>
    public static IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var seen = new HashSet<(DateTimeOffset At, Guid Key)>();
        foreach (var fact in facts)
        {
            if (fact.AccessKeyId is { } key)
            {
                seen.Add((TimeBuckets.Of(fact.StartedAt), key));
            }
        }

        var rows = Rollup.Widths.SelectMany(width => seen.Select(one => (Width: width, At: TimeBuckets.Floor(one.At, width), one.Key))).Distinct().ToArray();
        if (rows.Length > 0)
        {
            yield return new TableChange(Insert, Array.ConvertAll(rows, row => Rollup.MinutesOf(row.Width)), Array.ConvertAll(rows, row => row.At), Array.ConvertAll(rows, row => row.Key));
        }
    }
}
