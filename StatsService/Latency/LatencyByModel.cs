using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Latency;

/// <summary>What of a request was measured.</summary>
internal enum LatencyKind
{
    /// <summary>From the request's head to the last byte of the answer; only for answers that are complete and came from an upstream.</summary>
    Total,

    /// <summary>From the request's head to the first content of a stream, however the stream ended.</summary>
    FirstToken,

    /// <summary>The gateway's own part of a request that went to an upstream.</summary>
    Overhead,

    /// <summary>Not a time but a rate: tokens a second of a complete stream, from its first content to its end.</summary>
    TokensPerSecond,
}

/// <summary>One slot of one histogram.</summary>
internal readonly record struct LatencyCell(DateTimeOffset BucketAt, string Model, LatencyKind Kind, int Slot);

/// <summary>Latency histograms per quarter of an hour by model and kind; a row for each slot that holds anything.</summary>
internal sealed class LatencyByModel : IView
{
    public const string TableName = "latency_per_model";

    private const string Upsert = $"""
        insert into {StoreExtensions.Schema}.{TableName} as t (bucket_at, model, kind, slot, count)
        select * from unnest(?, ?, ?, ?, ?)
        on conflict (bucket_at, model, kind, slot) do update set count = t.count + excluded.count
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
                Array.ConvertAll(cells, c => c.Key.Kind.ToString()),
                Array.ConvertAll(cells, c => c.Key.Slot),
                Array.ConvertAll(cells, c => c.Value));
        }
    }

    /// <summary>Counts latencies by slot.</summary>
    public static IReadOnlyDictionary<LatencyCell, long> Fold(IEnumerable<RequestFact> facts)
    {
        var cells = new Dictionary<LatencyCell, long>();
        foreach (var fact in facts)
        {
            if (fact is { Outcome: RequestOutcome.Succeeded, KeyId: not null })
            {
                Count(fact, LatencyKind.Total, fact.DurationMs);
            }

            if (fact.FirstTokenMs is { } firstToken)
            {
                Count(fact, LatencyKind.FirstToken, firstToken);
            }

            if (fact is { OverheadMs: { } overhead, KeyId: not null })
            {
                Count(fact, LatencyKind.Overhead, overhead);
            }

            if (RateOf(fact) is { } rate)
            {
                Count(fact, LatencyKind.TokensPerSecond, rate);
            }
        }

        return cells;

        void Count(RequestFact fact, LatencyKind kind, double milliseconds)
        {
            var cell = new LatencyCell(TimeBuckets.Of(fact.StartedAt), fact.ModelAsked ?? "", kind, LatencyHistogram.SlotOf(milliseconds));
            cells[cell] = cells.GetValueOrDefault(cell) + 1;
        }
    }

    private static double? RateOf(RequestFact fact) =>
        fact is { Outcome: RequestOutcome.Succeeded, Streamed: true, Estimated: false, FirstTokenMs: { } first, Tokens: { } tokens }
        && tokens.Completion > 1 && fact.DurationMs - first >= 1
            ? tokens.Completion * 1_000 / (fact.DurationMs - first)
            : null;

    private static Table BuildTable()
    {
        var table = new Table($"{StoreExtensions.Schema}.{TableName}");
        table.AddColumn("bucket_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("model", "text").AsPrimaryKey();
        table.AddColumn("kind", "text").AsPrimaryKey();
        table.AddColumn("slot", "integer").AsPrimaryKey();
        table.AddColumn("count", "bigint").NotNull();
        return table;
    }
}
