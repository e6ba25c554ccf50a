using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Usage per quarter of an hour by model, one more id, and outcome.</summary>
/// <param name="name">Name of the view and its table.</param>
/// <param name="groupColumn">Column of the id.</param>
/// <param name="group">The id of a fact.</param>
internal abstract class UsageCube(string name, string groupColumn, Func<RequestFact, Guid?> group) : IView
{
    private readonly string upsert = $"""
        insert into {StoreExtensions.Schema}.{name} as t (bucket_at, model, {groupColumn}, outcome, requests, prompt_tokens, completion_tokens, thought_tokens, cached_tokens, total_tokens)
        select * from unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (bucket_at, model, {groupColumn}, outcome) do update set
            requests = t.requests + excluded.requests,
            prompt_tokens = t.prompt_tokens + excluded.prompt_tokens,
            completion_tokens = t.completion_tokens + excluded.completion_tokens,
            thought_tokens = t.thought_tokens + excluded.thought_tokens,
            cached_tokens = t.cached_tokens + excluded.cached_tokens,
            total_tokens = t.total_tokens + excluded.total_tokens
        """;

    public string Name => name;

    public Table Table { get; } = BuildTable(name, groupColumn);

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var cells = Fold(facts).ToArray();
        if (cells.Length > 0)
        {
            yield return new TableChange(
                upsert,
                Array.ConvertAll(cells, c => c.Key.BucketAt),
                Array.ConvertAll(cells, c => c.Key.Model),
                Array.ConvertAll(cells, c => c.Key.Group),
                Array.ConvertAll(cells, c => c.Key.Outcome.ToString()),
                Array.ConvertAll(cells, c => c.Value.Requests),
                Array.ConvertAll(cells, c => c.Value.PromptTokens),
                Array.ConvertAll(cells, c => c.Value.CompletionTokens),
                Array.ConvertAll(cells, c => c.Value.ThoughtTokens),
                Array.ConvertAll(cells, c => c.Value.CachedTokens),
                Array.ConvertAll(cells, c => c.Value.TotalTokens));
        }
    }

    /// <summary>Sums facts by cell.</summary>
    public IReadOnlyDictionary<UsageCell, UsageTally> Fold(IEnumerable<RequestFact> facts)
    {
        var cells = new Dictionary<UsageCell, UsageTally>();
        foreach (var fact in facts)
        {
            var cell = new UsageCell(TimeBuckets.Of(fact.StartedAt), fact.ModelAsked ?? "", group(fact) ?? Guid.Empty, fact.Outcome);
            if (!cells.TryGetValue(cell, out var tally))
            {
                cells.Add(cell, tally = new UsageTally());
            }

            tally.Add(fact.Tokens);
        }

        return cells;
    }

    private static Table BuildTable(string name, string groupColumn)
    {
        var table = new Table($"{StoreExtensions.Schema}.{name}");
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("model", "text").AsPrimaryKey();
        table.AddColumn(groupColumn, "uuid").AsPrimaryKey();
        table.AddColumn("outcome", "text").AsPrimaryKey();
        foreach (var count in (string[])["requests", "prompt_tokens", "completion_tokens", "thought_tokens", "cached_tokens", "total_tokens"])
        {
            table.AddColumn(count, "bigint").NotNull();
        }

        return table;
    }
}
