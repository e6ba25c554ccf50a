using System.Data.Common;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Npgsql;

namespace GeminiBalance.StatsService.Activities;

/// <summary><c>GET /stats/attempts</c>: upstream calls over a range, by class, key or model.</summary>
internal static class AttemptsQuery
{
    private static readonly Dictionary<string, (AttemptGrouping Grouping, string Column)> Groupings = new()
    {
        ["class"] = (AttemptGrouping.Class, "class"),
        ["key"] = (AttemptGrouping.Key, "key_id::text"),
        ["model"] = (AttemptGrouping.Model, "model"),
    };

    private static readonly string Sums = $"""
        sum(attempts)::bigint,
        {AttemptsOf(UpstreamOutcomeClass.Succeeded)},
        {AttemptsOf(UpstreamOutcomeClass.ClientError, UpstreamOutcomeClass.ModelNotFound)},
        {AttemptsOf(
            UpstreamOutcomeClass.KeyInvalid,
            UpstreamOutcomeClass.KeyForbidden,
            UpstreamOutcomeClass.BillingRequired,
            UpstreamOutcomeClass.QuotaPerMinute,
            UpstreamOutcomeClass.QuotaPerDay,
            UpstreamOutcomeClass.QuotaNotOffered,
            UpstreamOutcomeClass.QuotaUnspecified)},
        {AttemptsOf(UpstreamOutcomeClass.Overloaded, UpstreamOutcomeClass.UpstreamError, UpstreamOutcomeClass.Timeout, UpstreamOutcomeClass.NetworkError)},
        {AttemptsOf(UpstreamOutcomeClass.Cancelled)},
        sum(duration_ms)::bigint
        """;

    public static async Task<IResult> GetAsync([AsParameters] Asked asked, NpgsqlDataSource source, ViewPositions positions, TimeProvider time, CancellationToken cancellation)
    {
        if (!Groupings.TryGetValue(asked.GroupBy ?? "class", out var by))
        {
            return BadParameter.Of("groupBy", $"must be one of {string.Join(", ", Groupings.Keys)}.");
        }

        var (range, problem) = TimeRange.Read(asked.From, asked.To, asked.Bucket, time.GetUtcNow(), asked.Tz);
        if (range is null)
        {
            return problem!;
        }

        (var scope, problem) = UsageScope.Read(asked.Model, asked.Key, null, null, null);
        if (scope is null)
        {
            return problem!;
        }

        (var outcome, problem) = Words.ReadOptional<UpstreamOutcomeClass>("class", asked.Class);
        if (problem is not null)
        {
            return problem;
        }

        // Asked for first, so that the answer is never older than it says.
        var tick = await positions.TickAsync(cancellation).ConfigureAwait(false);
        var rows = await RowsAsync(source, range, by.Column, scope, outcome, cancellation).ConfigureAwait(false);
        return rows.Count <= UsageQuery.MaximumRows
            ? TypedResults.Ok(new AttemptReport(range.From, range.To, by.Grouping, Total(rows), [.. rows.Select(row => new AttemptRow(row.At, row.Group, row.Sums.Counts()))], tick.LagSeconds))
            : UsageQuery.TooManyRows(range);
    }

    private static async Task<List<(DateTimeOffset? At, string? Group, Row Sums)>> RowsAsync(
        NpgsqlDataSource source, TimeRange range, string column, UsageScope scope, UpstreamOutcomeClass? outcome, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand();
        UsageQuery.AddRange(command.Parameters, range);
        var where = "";
        foreach (var (name, value) in (ReadOnlySpan<(string, object?)>)[("model", scope.Model), ("key_id", scope.KeyId), ("class", outcome?.ToString())])
        {
            if (value is not null)
            {
                command.Parameters.Add(new() { Value = value });
                where += $" and {name} = ${command.Parameters.Count}";
            }
        }

        var order = range.Bucket is null ? "3 desc, 2" : "1, 3 desc, 2";
        command.CommandText = $"""
            select {(range.Bucket is null ? "$1" : UsageQuery.BucketStart)}, {column}, {Sums}
            from {StoreSchema.Name}.{AttemptsView.TableName} where {UsageQuery.InRange}{where}
            group by 1, 2 order by {order} limit {UsageQuery.MaximumRows + 1}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var rows = new List<(DateTimeOffset?, string?, Row)>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var group = reader.GetString(1);
            rows.Add((range.Bucket is null ? null : reader.GetFieldValue<DateTimeOffset>(0), group.Length == 0 ? null : group, Row.Read(reader, 2)));
        }

        return rows;
    }

    private static AttemptCounts Total(IEnumerable<(DateTimeOffset? At, string? Group, Row Sums)> rows) =>
        rows.Aggregate(new Row(0, 0, 0, 0, 0, 0, 0), (sum, row) => sum.Plus(row.Sums)).Counts();

    private static string AttemptsOf(params UpstreamOutcomeClass[] classes) =>
        $"coalesce(sum(attempts) filter (where class in ({string.Join(", ", classes.Select(one => $"'{one}'"))})), 0)::bigint";

    /// <summary>The query parameters.</summary>
    internal sealed record Asked(string? From, string? To, string? Bucket, string? Tz, string? GroupBy, string? Model, string? Key, string? Class);

    /// <summary>Sums that can be added up, which a mean cannot.</summary>
    private readonly record struct Row(long Attempts, long Succeeded, long RequestFaults, long KeyFaults, long UpstreamFaults, long Cancelled, long DurationMs)
    {
        public static Row Read(DbDataReader row, int first) => new(
            row.GetInt64(first),
            row.GetInt64(first + 1),
            row.GetInt64(first + 2),
            row.GetInt64(first + 3),
            row.GetInt64(first + 4),
            row.GetInt64(first + 5),
            row.GetInt64(first + 6));

        public Row Plus(Row other) => new(
            Attempts + other.Attempts,
            Succeeded + other.Succeeded,
            RequestFaults + other.RequestFaults,
            KeyFaults + other.KeyFaults,
            UpstreamFaults + other.UpstreamFaults,
            Cancelled + other.Cancelled,
            DurationMs + other.DurationMs);

        public AttemptCounts Counts() => new(
            Attempts, Succeeded, RequestFaults, KeyFaults, UpstreamFaults, Cancelled, Attempts == 0 ? null : Math.Round((double)DurationMs / Attempts, 1));
    }
}
