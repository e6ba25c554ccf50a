using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage over all keys by model and outcome, by the quarter of an hour, hour, six hours and day: for every question that names no key.</summary>
internal static class UsageTotals
{
    public const string TableName = "usage_totals";

    private const string Key = $"{Rollup.WidthColumn}, bucket_at, model, served, outcome, long_prompt";

    private static readonly string Upsert = $"""
        insert into {StoreExtensions.Schema}.{TableName} as t ({Key}, {string.Join(", ", UsageTally.Columns)})
        select * from unnest({string.Join(", ", Enumerable.Repeat("?", 6 + UsageTally.Columns.Count))})
        on conflict ({Key}) do update set
            {string.Join(", ", UsageTally.Columns.Select(count => $"{count} = t.{count} + excluded.{count}"))}
        """;

    public static Table BuildTable()
    {
        var table = new Table($"{StoreExtensions.Schema}.{TableName}");
        table.AddColumn(Rollup.WidthColumn, "integer").AsPrimaryKey();
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("model", "text").AsPrimaryKey();
        table.AddColumn("served", "text").AsPrimaryKey();
        table.AddColumn("outcome", "text").AsPrimaryKey();
        table.AddColumn("long_prompt", "boolean").AsPrimaryKey();
        foreach (var count in UsageTally.Columns)
        {
            table.AddColumn(count, "bigint").NotNull();
        }

        return table;
    }

    /// <summary>Adds a page.</summary>
    public static IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var cells = Fold(facts).ToArray();
        if (cells.Length > 0)
        {
            yield return new TableChange(
                Upsert,
                [
                    Array.ConvertAll(cells, c => Rollup.MinutesOf(c.Key.Width)),
                    Array.ConvertAll(cells, c => c.Key.Cell.BucketAt),
                    Array.ConvertAll(cells, c => c.Key.Cell.Model),
                    Array.ConvertAll(cells, c => c.Key.Cell.Served),
                    Array.ConvertAll(cells, c => c.Key.Cell.Outcome.ToString()),
                    Array.ConvertAll(cells, c => c.Key.Cell.LongPrompt),
                    .. UsageTally.ArraysOf(Array.ConvertAll(cells, c => c.Value)),
                ]);
        }
    }

    /// <summary>Sums facts by cell of every width.</summary>
    public static IReadOnlyDictionary<(TimeSpan Width, UsageCell<Guid> Cell), UsageTally> Fold(IEnumerable<RequestFact> facts) => InWidths(Rollup.Widths, facts, fact => UsageCell.Of(fact, Guid.Empty));

    /// <summary>Sums facts by their cells, and those by the cells of each width.</summary>
    /// <param name="widths">The widths.</param>
    /// <param name="facts">The facts.</param>
    /// <param name="cellOf">The cell of a fact, a quarter of an hour wide.</param>
    public static Dictionary<(TimeSpan Width, UsageCell<Guid> Cell), UsageTally> InWidths(IEnumerable<TimeSpan> widths, IEnumerable<RequestFact> facts, Func<RequestFact, UsageCell<Guid>> cellOf)
    {
        var quarters = new Dictionary<UsageCell<Guid>, UsageTally>();
        foreach (var fact in facts)
        {
            TallyOf(quarters, cellOf(fact)).Add(fact);
        }

        var cells = new Dictionary<(TimeSpan, UsageCell<Guid>), UsageTally>();
        foreach (var (cell, tally) in quarters)
        {
            foreach (var width in widths)
            {
                TallyOf(cells, (width, cell with { BucketAt = TimeBuckets.Floor(cell.BucketAt, width) })).Add(tally);
            }
        }

        return cells;
    }

    private static UsageTally TallyOf<TKey>(Dictionary<TKey, UsageTally> tallies, TKey key)
        where TKey : notnull
    {
        if (!tallies.TryGetValue(key, out var tally))
        {
            tallies.Add(key, tally = new UsageTally());
        }

        return tally;
    }
}
