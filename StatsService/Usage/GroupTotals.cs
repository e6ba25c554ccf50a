using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Usage;

/// <summary>
/// Usage by model and a third thing, by the hour, six hours and day; the quarters of an hour are those of <see cref="UsageCube{TGroup}"/>. How requests ended is told by columns, not
/// by rows of their own: that makes the rows of a month a third as many.
/// </summary>
/// <param name="name">Name of the table.</param>
/// <param name="groupColumn">Column of the third thing.</param>
/// <param name="group">The third thing of a fact.</param>
internal sealed class GroupTotals(string name, string groupColumn, Func<RequestFact, Guid> group)
{
    private readonly string upsert = Upsert($"{StoreSchema.Name}.{name}", $"{Rollup.WidthColumn}, bucket_at, model, served, {groupColumn}, long_prompt");

    private static IReadOnlyList<string> Counts { get; } = [.. UsageTally.OutcomeColumns, .. UsageTally.Columns];

    public Table BuildTable()
    {
        var table = new Table($"{StoreSchema.Name}.{name}");
        table.AddColumn(Rollup.WidthColumn, "integer").AsPrimaryKey();
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("model", "text").AsPrimaryKey();
        table.AddColumn("served", "text").AsPrimaryKey();
        table.AddColumn(groupColumn, "uuid").AsPrimaryKey();
        table.AddColumn("long_prompt", "boolean").AsPrimaryKey();
        foreach (var count in Counts)
        {
            table.AddColumn(count, "bigint").NotNull();
        }

        return table;
    }

    /// <summary>Adds a page.</summary>
    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var cells = Fold(facts).ToArray();
        if (cells.Length > 0)
        {
            var tallies = Array.ConvertAll(cells, c => c.Value);
            yield return new TableChange(
                upsert,
                [
                    Array.ConvertAll(cells, c => Rollup.MinutesOf(c.Key.Width)),
                    Array.ConvertAll(cells, c => c.Key.Cell.BucketAt),
                    Array.ConvertAll(cells, c => c.Key.Cell.Model),
                    Array.ConvertAll(cells, c => c.Key.Cell.Served),
                    Array.ConvertAll(cells, c => c.Key.Cell.Group),
                    Array.ConvertAll(cells, c => c.Key.Cell.LongPrompt),
                    .. UsageTally.OutcomeArraysOf(tallies),
                    .. UsageTally.ArraysOf(tallies),
                ]);
        }
    }

    private static string Upsert(string table, string key) => $"""
        insert into {table} as t ({key}, {string.Join(", ", Counts)})
        select * from unnest({string.Join(", ", Enumerable.Repeat("?", 6 + Counts.Count))})
        on conflict ({key}) do update set {string.Join(", ", Counts.Select(count => $"{count} = t.{count} + excluded.{count}"))}
        """;

    /// <summary>Sums facts by cell of each width; the outcome of every cell is the same, and says nothing.</summary>
    private Dictionary<(TimeSpan Width, UsageCell<Guid> Cell), UsageTally> Fold(IEnumerable<RequestFact> facts) =>
        UsageTotals.InWidths(Rollup.Widths.Skip(1), facts, fact => UsageCell.Of(fact, group(fact)) with { Outcome = default });
}
