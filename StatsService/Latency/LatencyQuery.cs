using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Npgsql;

namespace GeminiBalance.StatsService.Latency;

/// <summary>Quantiles of a range, of its buckets and of its models.</summary>
internal sealed class LatencyQuery(NpgsqlDataSource source)
{
    private static readonly string ByBucket = $"""
        select {UsageQuery.BucketStart}, kind, slot, sum(count)::bigint from {StoreSchema.Name}.{LatencyTotals.TableName} where {UsageQuery.InRange}
        """;

    private static readonly string ByModel = $"""
        select model, kind, slot, sum(count)::bigint from {StoreSchema.Name}.{LatencyByModel.TableName} where {UsageQuery.InRange} group by 1, 2, 3
        """;

    private static readonly string OfOneModel = $"""
        select {UsageQuery.BucketStart}, kind, slot, sum(count)::bigint from {StoreSchema.Name}.{LatencyByModel.TableName} where {UsageQuery.InRange} and model = $5 group by 1, 2, 3
        """;

    public async Task<LatencyReport> ReadAsync(TimeRange range, string? model, double lagSeconds, CancellationToken cancellation)
    {
        await using var batch = source.CreateBatch();
        var inBuckets = Add(model is null ? ByBucket : OfOneModel);
        if (model is null)
        {
            inBuckets.CommandText += $" and {Rollup.Where(range, range.Cuts(), inBuckets.Parameters)} group by 1, 2, 3";
            Add(ByModel);
        }
        else
        {
            inBuckets.Parameters.Add(new() { Value = model });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var all = new Histograms();
        var buckets = new Dictionary<DateTimeOffset, Histograms>();
        var models = new Dictionary<string, Histograms>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var (kind, slot, count) = Read(reader);
            all.Add(kind, slot, count);
            Of(buckets, reader.GetFieldValue<DateTimeOffset>(0)).Add(kind, slot, count);
        }

        if (model is null)
        {
            await reader.NextResultAsync(cancellation).ConfigureAwait(false);
            while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
            {
                var (kind, slot, count) = Read(reader);
                Of(models, reader.GetString(0)).Add(kind, slot, count);
            }
        }
        else if (buckets.Count > 0)
        {
            models.Add(model, all);
        }

        return new LatencyReport(
            range.From,
            range.To,
            all.Figures(),
            [.. range.Starts().Select(at => new LatencyBucket(at, buckets.GetValueOrDefault(at)?.Figures() ?? new LatencyFigures(null, null, null, null)))],
            [.. models.Select(entry => new LatencyOfModel(entry.Key.Length == 0 ? null : entry.Key, entry.Value.Figures())).OrderByDescending(entry => entry.Figures.Total?.Count ?? 0).ThenBy(entry => entry.Model, StringComparer.Ordinal)],
            lagSeconds);

        NpgsqlBatchCommand Add(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            UsageQuery.AddRange(command.Parameters, range);
            batch.BatchCommands.Add(command);
            return command;
        }
    }

    private static (LatencyKind Kind, int Slot, long Count) Read(NpgsqlDataReader row) => (Enum.Parse<LatencyKind>(row.GetString(1)), row.GetInt32(2), row.GetInt64(3));

    private static Histograms Of<TKey>(Dictionary<TKey, Histograms> histograms, TKey key)
        where TKey : notnull
    {
        if (!histograms.TryGetValue(key, out var found))
        {
            histograms.Add(key, found = new Histograms());
        }

        return found;
    }

    /// <summary>One histogram of each kind.</summary>
    private sealed class Histograms
    {
        private readonly LatencyHistogram?[] kinds = new LatencyHistogram?[Enum.GetValues<LatencyKind>().Length];

        public void Add(LatencyKind kind, int slot, long count) => (kinds[(int)kind] ??= new LatencyHistogram()).Add(slot, count);

        public LatencyFigures Figures() => new(
            kinds[(int)LatencyKind.Total]?.Quantiles(),
            kinds[(int)LatencyKind.FirstToken]?.Quantiles(),
            kinds[(int)LatencyKind.Overhead]?.Quantiles(),
            kinds[(int)LatencyKind.TokensPerSecond]?.Quantiles());
    }
}
