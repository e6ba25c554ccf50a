using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Activities;

/// <summary>A cell of the table of upstream calls.</summary>
/// <param name="BucketAt">Start of the quarter of an hour in which the request began.</param>
/// <param name="Model">The model asked for; empty when none was named.</param>
/// <param name="KeyId">The upstream key.</param>
/// <param name="Outcome">How the call ended.</param>
internal readonly record struct AttemptCell(DateTimeOffset BucketAt, string Model, Guid KeyId, UpstreamOutcomeClass Outcome);

/// <summary>Every upstream call, those that a later one made good included, by model, key and class. <c>GET /stats/attempts</c>.</summary>
internal sealed class AttemptsView : IView
{
    public const string TableName = "attempts_per_key";

    private const string Upsert = $"""
        insert into {StoreExtensions.Schema}.{TableName} as t (bucket_at, model, key_id, class, attempts, duration_ms)
        select * from unnest(?, ?, ?, ?, ?, ?)
        on conflict (bucket_at, model, key_id, class) do update set attempts = t.attempts + excluded.attempts, duration_ms = t.duration_ms + excluded.duration_ms
        """;

    public string Name => TableName;

    public IReadOnlyList<Table> Tables { get; } = [BuildTable()];

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var cells = Fold(facts).ToArray();
        if (cells.Length > 0)
        {
            yield return new TableChange(
                Upsert,
                Array.ConvertAll(cells, c => c.Key.BucketAt),
                Array.ConvertAll(cells, c => c.Key.Model),
                Array.ConvertAll(cells, c => c.Key.KeyId),
                Array.ConvertAll(cells, c => c.Key.Outcome.ToString()),
                Array.ConvertAll(cells, c => c.Value.Attempts),
                Array.ConvertAll(cells, c => c.Value.DurationMs));
        }
    }

    /// <summary>Counts calls, and adds up their times: each in whole milliseconds, because sums of fractions would depend on how facts are cut into pages.</summary>
    public static IReadOnlyDictionary<AttemptCell, (long Attempts, long DurationMs)> Fold(IEnumerable<RequestFact> facts)
    {
        var cells = new Dictionary<AttemptCell, (long Attempts, long DurationMs)>();
        foreach (var fact in facts)
        {
            foreach (var attempt in fact.Attempts)
            {
                var cell = new AttemptCell(TimeBuckets.Of(fact.StartedAt), fact.ModelAsked ?? "", attempt.KeyId, attempt.Outcome);
                var (attempts, duration) = cells.GetValueOrDefault(cell);
                cells[cell] = (attempts + 1, duration + Whole(attempt.DurationMs));
            }
        }

        return cells;
    }

    public void Map(RouteGroupBuilder stats) => stats.MapGet("/attempts", AttemptsQuery.GetAsync);

    /// <summary>Whole milliseconds; what cannot be a time counts as none.</summary>
    private static long Whole(double milliseconds) => milliseconds is > 0 and < 1e9 ? (long)Math.Round(milliseconds) : 0;

    private static Table BuildTable()
    {
        var table = new Table($"{StoreExtensions.Schema}.{TableName}");
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("model", "text").AsPrimaryKey();
        table.AddColumn("key_id", "uuid").AsPrimaryKey();
        table.AddColumn("class", "text").AsPrimaryKey();
        table.AddColumn("attempts", "bigint").NotNull();
        table.AddColumn("duration_ms", "bigint").NotNull();
        return table;
    }
}
