using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Views;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Usage;

/// <summary>Sums of the usage tables over a range.</summary>
internal sealed class UsageQuery(NpgsqlDataSource source, PriceBook prices)
{
    /// <summary>The most rows in one answer.</summary>
    public const int MaximumRows = 20_000;

    /// <summary>How many parameters <see cref="AddRange"/> adds.</summary>
    public const int RangeParameters = 4;

    /// <summary>The rows of the range. Names all of its parameters, so that none is left without a type.</summary>
    public const string InRange = "bucket_at >= $1 and bucket_at < $2 and $3::interval is not null and $4::text is not null";

    /// <summary>Start of the bucket of width <c>$3</c> in zone <c>$4</c> that a row falls into; the same as <see cref="TimeRange.Starts"/> says: narrow ones count from the start of the range.</summary>
    public const string BucketStart = """
        case when $3 >= interval '6 hours' then date_bin($3, bucket_at at time zone $4, timestamp '2000-01-01 00:00:00') at time zone $4
            else date_bin($3, bucket_at, $1) end
        """;

    /// <summary>Sums by group, and by bucket when the range has any; null when there are more rows than one answer may hold.</summary>
    public async Task<IReadOnlyList<UsageRow>?> ByGroupAsync(TimeRange range, UsageTable table, UsageGrouping grouping, UsageScope scope, CancellationToken cancellation)
    {
        var column = grouping switch
        {
            UsageGrouping.Model => "usage.model",
            UsageGrouping.Key => UsageByKey.GroupColumn,
            UsageGrouping.AccessKey => UsageByAccessKey.GroupColumn,
            UsageGrouping.Outcome => "outcome",
            UsageGrouping.Operation => UsageByOperation.GroupColumn,
            _ => throw new ArgumentOutOfRangeException(nameof(grouping), grouping, "Unknown grouping."),
        };
        var priceTable = await prices.TableAsync(cancellation).ConfigureAwait(false);
        List<UsageRow>? all = null;
        foreach (var part in table.For(range, priceTable.CutsOf(range)))
        {
            var rows = await PartAsync(range, part.Table, part.Rows, column, scope, priceTable, cancellation).ConfigureAwait(false);
            all = all is null ? rows : [.. Together(all, rows)];
            if (all.Count > MaximumRows)
            {
                return null;
            }
        }

        return all ?? [];
    }

    /// <summary>The answer when there are more rows than one may hold.</summary>
    public static ProblemHttpResult TooManyRows(TimeRange range) =>
        BadParameter.Of(range.Bucket is null ? "from" : "bucket", $"gives more than {MaximumRows} rows. Choose a wider bucket or a shorter range.");

    /// <summary>Adds <c>$1</c> to <c>$4</c>: start, end, width of a bucket, time zone.</summary>
    public static void AddRange(NpgsqlParameterCollection parameters, TimeRange range)
    {
        parameters.Add(new() { Value = range.From, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        parameters.Add(new() { Value = range.To, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        parameters.Add(new() { Value = range.Bucket ?? TimeBuckets.Width, NpgsqlDbType = NpgsqlDbType.Interval });
        parameters.Add(new() { Value = range.Zone?.Id ?? "UTC" });
    }

    private async Task<List<UsageRow>> PartAsync(
        TimeRange range, UsageTable table, IReadOnlyList<RollupRow>? wanted, string column, UsageScope scope, PriceTable priceTable, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand();
        AddRange(command.Parameters, range);
        priceTable.AddTo(command.Parameters);
        var rollup = wanted is null ? ""
            : table.Narrowest is not null ? " and " + Rollup.Where(wanted, command.Parameters)
            : " and " + Rollup.WhereStart(wanted, command.Parameters);
        command.CommandText = $"""
            select {(range.Bucket is null ? "$1" : BucketStart)}, {column}::text, {(table.TellsOutcomesByColumns ? UsageSql.SumsOfColumns : UsageSql.Sums)}
            from {UsageSql.Priced(table.Name, RangeParameters + 1)} where {InRange}{rollup}{scope.Where(command.Parameters)}
            group by 1, 2 order by {(range.Bucket is null ? "" : "1, ")}sum(requests) desc, 2 limit {MaximumRows + 1}
            """;
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

        return rows;
    }

    private static IEnumerable<UsageRow> Together(IEnumerable<UsageRow> some, IEnumerable<UsageRow> others) => some.Concat(others)
        .GroupBy(row => (row.At, row.Group))
        .Select(rows => new UsageRow(rows.Key.At, rows.Key.Group, UsageSql.Sum(rows.Select(row => row.Counts))))
        .OrderBy(row => row.At).ThenByDescending(row => row.Counts.Requests).ThenBy(row => row.Group, StringComparer.Ordinal);
}
