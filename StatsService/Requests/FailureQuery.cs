using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Npgsql;

namespace GeminiBalance.StatsService.Requests;

/// <summary><c>GET /stats/failures</c>: the newest requests that failed, newest first.</summary>
internal static class FailureQuery
{
    private const int DefaultLimit = 100;

    private const string Table = $"{StoreSchema.Name}.{RecentFailures.TableName}";

    public static async Task<IResult> GetAsync([AsParameters] Asked asked, NpgsqlDataSource source, CancellationToken cancellation)
    {
        if (PageLimit.Read(asked.Limit, DefaultLimit, RecentFailures.Kept) is not { } limit)
        {
            return PageLimit.Problem(RecentFailures.Kept);
        }

        var (scope, problem) = UsageScope.Read(asked.Model, asked.Key, asked.AccessKey, asked.Outcome, null);
        if (scope is null)
        {
            return problem!;
        }

        (var last, problem) = Words.ReadOptional<UpstreamOutcomeClass>("class", asked.Class);
        if (problem is not null)
        {
            return problem;
        }

        DateTimeOffset? before = null;
        if (!Words.TryReadId(asked.After, out var after) || (after is { } id && (before = await PlaceAsync(source, id, cancellation).ConfigureAwait(false)) is null))
        {
            return BadParameter.Of("after", "must be the id of a failure that is still listed: the last one of an earlier page.");
        }

        return TypedResults.Ok(await NewestAsync(source, scope, last, before, after, limit, cancellation).ConfigureAwait(false));
    }

    private static async Task<DateTimeOffset?> PlaceAsync(NpgsqlDataSource source, Guid id, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select at from {Table} where id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is DateTime at ? new DateTimeOffset(at, TimeSpan.Zero) : null;
    }

    private static async Task<FailedRequest[]> NewestAsync(
        NpgsqlDataSource source, UsageScope scope, UpstreamOutcomeClass? last, DateTimeOffset? before, Guid? after, int limit, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand();
        var parameters = command.Parameters;
        var where = "true";
        foreach (var (column, value) in (ReadOnlySpan<(string, object?)>)
            [("model", scope.Model), ("key_id", scope.KeyId), ("access_key_id", scope.AccessKeyId), ("outcome", scope.Outcome?.ToString()), ("last_attempt", last?.ToString())])
        {
            if (value is not null)
            {
                parameters.Add(new() { Value = value });
                where += $" and {column} = ${parameters.Count}";
            }
        }

        if (before is not null)
        {
            parameters.Add(new() { Value = before, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
            parameters.Add(new() { Value = after!.Value });
            where += $" and (at, id) < (${parameters.Count - 1}, ${parameters.Count})";
        }

        parameters.Add(new() { Value = limit });
        command.CommandText = $"select {RecentFailures.Columns} from {Table} where {where} order by at desc, id desc limit ${parameters.Count}";
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var failures = new List<FailedRequest>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            failures.Add(new FailedRequest(
                reader.GetGuid(0),
                reader.GetFieldValue<DateTimeOffset>(1),
                Enum.Parse<RequestOutcome>(reader.GetString(2)),
                reader.GetInt32(3),
                reader.IsDBNull(4) ? null : reader.GetString(4),
                reader.IsDBNull(5) ? null : reader.GetString(5),
                reader.IsDBNull(6) ? null : reader.GetGuid(6),
                reader.IsDBNull(7) ? null : reader.GetGuid(7),
                reader.GetInt32(8),
                reader.IsDBNull(9) ? null : Enum.Parse<UpstreamOutcomeClass>(reader.GetString(9))));
        }

        return [.. failures];
    }

    /// <summary>The query parameters.</summary>
    internal sealed record Asked(string? Model, string? Key, string? AccessKey, string? Outcome, string? Class, string? After, string? Limit);
}
