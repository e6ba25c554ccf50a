using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage per quarter of an hour by model, a third thing, and outcome.</summary>
/// <param name="name">Name of the view and its table.</param>
/// <param name="groupColumn">Column of the third thing.</param>
/// <param name="groupType">Its type in PostgreSQL.</param>
/// <param name="group">The third thing of a fact.</param>
/// <typeparam name="TGroup">The third thing.</typeparam>
internal abstract class UsageCube<TGroup>(string name, string groupColumn, string groupType, Func<RequestFact, TGroup> group) : IView
    where TGroup : notnull
{
    private readonly string upsert = $"""
        insert into {StoreExtensions.Schema}.{name} as t (bucket_at, model, served, {groupColumn}, outcome, long_prompt, {string.Join(", ", UsageTally.Columns)})
        select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (bucket_at, model, served, {groupColumn}, outcome, long_prompt) do update set
            {string.Join(", ", UsageTally.Columns.Select(count => $"{count} = t.{count} + excluded.{count}"))}
        """;

    public string Name => name;

    public IReadOnlyList<Table> Tables { get; } = [BuildTable(name, groupColumn, groupType)];

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var cells = Fold(facts).ToArray();
        if (cells.Length > 0)
        {
            yield return new TableChange(
                upsert,
                [
                    Array.ConvertAll(cells, c => c.Key.BucketAt),
                    Array.ConvertAll(cells, c => c.Key.Model),
                    Array.ConvertAll(cells, c => c.Key.Served),
                    Array.ConvertAll(cells, c => c.Key.Group),
                    Array.ConvertAll(cells, c => c.Key.Outcome.ToString()),
                    Array.ConvertAll(cells, c => c.Key.LongPrompt),
                    .. UsageTally.ArraysOf(Array.ConvertAll(cells, c => c.Value)),
                ]);
        }
    }

    /// <summary>Sums facts by cell.</summary>
    public IReadOnlyDictionary<UsageCell<TGroup>, UsageTally> Fold(IEnumerable<RequestFact> facts)
    {
        var cells = new Dictionary<UsageCell<TGroup>, UsageTally>();
        foreach (var fact in facts)
        {
            var cell = UsageCell.Of(fact, group(fact));
            if (!cells.TryGetValue(cell, out var tally))
            {
                cells.Add(cell, tally = new UsageTally());
            }

            tally.Add(fact);
        }

        return cells;
    }

    private static Table BuildTable(string name, string groupColumn, string groupType)
    {
        var table = new Table($"{StoreExtensions.Schema}.{name}");
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("model", "text").AsPrimaryKey();
        table.AddColumn("served", "text").AsPrimaryKey();
        table.AddColumn(groupColumn, groupType).AsPrimaryKey();
        table.AddColumn("outcome", "text").AsPrimaryKey();
        table.AddColumn("long_prompt", "boolean").AsPrimaryKey();
        foreach (var count in UsageTally.Columns)
        {
            table.AddColumn(count, "bigint").NotNull();
        }

        return table;
    }
}
