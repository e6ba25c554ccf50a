using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Npgsql;

namespace GeminiBalance.StatsService.Latency;

/// <summary>Quantiles of a range, of its buckets and of its models.</summary>
internal sealed class LatencyQuery(NpgsqlDataSource source)
{
    private static readonly string Sql = $"""
        select {UsageQuery.BucketStart}, model, kind, slot, sum(count)::bigint
        from {StoreSchema.Name}.{LatencyByModel.TableName} where {UsageQuery.InRange} and ($5::text is null or model = $5)
        group by 1, 2, 3, 4
        """;

    public async Task<LatencyReport> ReadAsync(TimeRange range, string? model, double lagSeconds, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(Sql);
        UsageQuery.AddRange(command.Parameters, range);
        command.Parameters.Add(new() { Value = (object?)model ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var all = new Histograms();
        var buckets = new Dictionary<DateTimeOffset, Histograms>();
        var models = new Dictionary<string, Histograms>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var kind = Enum.Parse<LatencyKind>(reader.GetString(2));
            var (slot, count) = (reader.GetInt32(3), reader.GetInt64(4));
            all.Add(kind, slot, count);
            Of(buckets, reader.GetFieldValue<DateTimeOffset>(0)).Add(kind, slot, count);
            Of(models, reader.GetString(1)).Add(kind, slot, count);
        }

        return new LatencyReport(
            range.From,
            range.To,
            all.Figures(),
            [.. range.Starts().Select(at => new LatencyBucket(at, buckets.GetValueOrDefault(at)?.Figures() ?? new LatencyFigures(null, null, null, null)))],
            [.. models.Select(entry => new LatencyOfModel(entry.Key.Length == 0 ? null : entry.Key, entry.Value.Figures())).OrderByDescending(entry => entry.Figures.Total?.Count ?? 0).ThenBy(entry => entry.Model, StringComparer.Ordinal)],
            lagSeconds);
    }

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
