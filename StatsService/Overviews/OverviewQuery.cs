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
        select {UsageQuery.BucketStart}, {UsageSql.Sums} from {UsageSql.Priced(UsageTotals.TableName, UsageQuery.RangeParameters + 1)} where {UsageQuery.InRange}
        """;

    private static readonly string Latencies = $"""
        select {UsageQuery.BucketStart}, kind, slot, sum(count)::bigint from {StoreExtensions.Schema}.{LatencyTotals.TableName} where {UsageQuery.InRange}
        """;

    private static readonly string Active = $"""
        select count(distinct {ActiveAccessKeys.KeyColumn})::int from {StoreExtensions.Schema}.{ActiveAccessKeys.TableName} where {UsageQuery.InRange}
        """;

    public static async Task<OverviewFigures> ReadAsync(NpgsqlDataSource source, PriceTable prices, TimeRange range, CancellationToken cancellation)
    {
        await using var batch = source.CreateBatch();
        Add(Counts, prices.AddTo, prices.CutsOf(range), "group by 1");
        Add(Latencies, _ => { }, range.Cuts(), "group by 1, 2, 3");
        Add(Active, _ => { }, [], "");
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

        void Add(string select, Action<NpgsqlParameterCollection> addPrices, IEnumerable<DateTimeOffset> cuts, string groupBy)
        {
            var command = new NpgsqlBatchCommand();
            UsageQuery.AddRange(command.Parameters, range);
            addPrices(command.Parameters);
            command.CommandText = $"{select} and {Rollup.Where(range, cuts, command.Parameters)} {groupBy}";
            batch.BatchCommands.Add(command);
        }
    }
}
