using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Latency;

/// <summary>Latency histograms over all models, by the quarter of an hour, hour, six hours and day.</summary>
internal static class LatencyTotals
{
    public const string TableName = "latency_totals";

    private const string Upsert = $"""
        insert into {StoreExtensions.Schema}.{TableName} as t ({Rollup.WidthColumn}, bucket_at, kind, slot, count)
        select * from unnest(?, ?, ?, ?, ?)
        on conflict ({Rollup.WidthColumn}, bucket_at, kind, slot) do update set count = t.count + excluded.count
        """;

    public static Table BuildTable()
    {
        var table = new Table($"{StoreExtensions.Schema}.{TableName}");
        table.AddColumn(Rollup.WidthColumn, "integer").AsPrimaryKey();
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("kind", "text").AsPrimaryKey();
        table.AddColumn("slot", "integer").AsPrimaryKey();
        table.AddColumn("count", "bigint").NotNull();
        return table;
    }

    /// <summary>Adds a page.</summary>
    public static IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var sums = new Dictionary<(TimeSpan Width, DateTimeOffset At, LatencyKind Kind, int Slot), long>();
        foreach (var (cell, count) in LatencyByModel.Fold(facts))
        {
            foreach (var width in Rollup.Widths)
            {
                var row = (width, TimeBuckets.Floor(cell.BucketAt, width), cell.Kind, cell.Slot);
                sums[row] = sums.GetValueOrDefault(row) + count;
            }
        }

        var rows = sums.ToArray();
        if (rows.Length > 0)
        {
            yield return new TableChange(
                Upsert,
                Array.ConvertAll(rows, row => Rollup.MinutesOf(row.Key.Width)),
                Array.ConvertAll(rows, row => row.Key.At),
                Array.ConvertAll(rows, row => row.Key.Kind.ToString()),
                Array.ConvertAll(rows, row => row.Key.Slot),
                Array.ConvertAll(rows, row => row.Value));
        }
    }
}
