using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Sums of the usage tables over a range.</summary>
internal sealed class UsageQuery(NpgsqlDataSource source)
{
    /// <summary>The most rows in one answer.</summary>
    public const int MaximumRows = 20_000;

    /// <summary>Start of the bucket of width <c>$3</c> that a row falls into. Widths divide the day, so buckets begin at midnight UTC.</summary>
    public const string BucketStart = "date_bin($3, bucket_at, timestamptz '2000-01-01 00:00:00+00')";

    /// <summary>Sums by group, and by bucket when the range has any; null when there are more rows than one answer may hold.</summary>
    public async Task<IReadOnlyList<UsageRow>?> ByGroupAsync(TimeRange range, UsageGrouping grouping, CancellationToken cancellation)
    {
        var (table, column) = grouping switch
        {
            UsageGrouping.Model => (UsageByKey.TableName, "model"),
            UsageGrouping.Key => (UsageByKey.TableName, UsageByKey.GroupColumn),
            UsageGrouping.AccessKey => (UsageByAccessKey.TableName, UsageByAccessKey.GroupColumn),
            _ => throw new ArgumentOutOfRangeException(nameof(grouping), grouping, "Unknown grouping."),
        };
        var order = range.Bucket is null ? "sum(requests) desc, 2" : "1, sum(requests) desc, 2";
        await using var command = source.CreateCommand($"""
            select {(range.Bucket is null ? "$1" : BucketStart)}, {column}::text, {UsageSql.Sums}
            from {StoreExtensions.Schema}.{table} where bucket_at >= $1 and bucket_at < $2 and $3 is not null
            group by 1, 2 order by {order} limit {MaximumRows + 1}
            """);
        AddRange(command.Parameters, range);
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var rows = new List<UsageRow>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var group = reader.GetString(1);
            rows.Add(new UsageRow(
                range.Bucket is null ? null : reader.GetFieldValue<DateTimeOffset>(0),
                group.Length == 0 || group == Guid.Empty.ToString() ? null : group,
                UsageSql.Read(reader, 2)));
        }

        return rows.Count > MaximumRows ? null : rows;
    }

    /// <summary>Adds <c>$1</c> to <c>$3</c>: start, end, width of a bucket.</summary>
    public static void AddRange(NpgsqlParameterCollection parameters, TimeRange range)
    {
        parameters.Add(new() { Value = range.From, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        parameters.Add(new() { Value = range.To, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        parameters.Add(new() { Value = range.Bucket ?? TimeBuckets.Width, NpgsqlDbType = NpgsqlDbType.Interval });
    }
}
