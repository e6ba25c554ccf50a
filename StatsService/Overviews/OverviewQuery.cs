using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Npgsql;

namespace GeminiBalance.StatsService.Overviews;

/// <summary>Reads an overview's figures in one round trip.</summary>
internal static class OverviewQuery
{
    private static readonly string Counts = $"""
        select {UsageQuery.BucketStart}, {UsageSql.Sums} from {UsageSql.Priced(UsageByKey.TableName, UsageQuery.RangeParameters + 1)} where {UsageQuery.InRange} group by 1
        """;

    private static readonly string Latencies = $"""
        select {UsageQuery.BucketStart}, kind, slot, sum(count)::bigint
        from {StoreExtensions.Schema}.{LatencyByModel.TableName} where {UsageQuery.InRange} group by 1, 2, 3
        """;

    private static readonly string ActiveAccessKeys = $"""
        select count(distinct {UsageByAccessKey.GroupColumn})::int
        from {StoreExtensions.Schema}.{UsageByAccessKey.TableName} where {UsageQuery.InRange} and {UsageByAccessKey.GroupColumn} <> '{Guid.Empty}'
        """;

    public static async Task<OverviewFigures> ReadAsync(NpgsqlDataSource source, PriceTable prices, TimeRange range, CancellationToken cancellation)
    {
        await using var batch = source.CreateBatch();
        foreach (var sql in (string[])[Counts, Latencies, ActiveAccessKeys])
        {
            var command = new NpgsqlBatchCommand(sql);
            UsageQuery.AddRange(command.Parameters, range);
            if (sql == Counts)
            {
                prices.AddTo(command.Parameters);
            }

            batch.BatchCommands.Add(command);
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var counts = new Dictionary<DateTimeOffset, UsageCounts>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            counts[reader.GetFieldValue<DateTimeOffset>(0)] = UsageSql.Read(reader, 1);
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        var latencies = new Dictionary<(DateTimeOffset, LatencyKind), IReadOnlyDictionary<int, long>>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var at = (reader.GetFieldValue<DateTimeOffset>(0), Enum.Parse<LatencyKind>(reader.GetString(1)));
            if (!latencies.TryGetValue(at, out var slots))
            {
                latencies[at] = slots = new Dictionary<int, long>();
            }

            ((Dictionary<int, long>)slots)[reader.GetInt32(2)] = reader.GetInt64(3);
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        return new OverviewFigures(range, counts, latencies, reader.GetInt32(0));
    }
}
