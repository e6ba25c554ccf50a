using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Usage;

/// <summary><c>GET /stats/usage</c>.</summary>
internal static class UsageEndpoint
{
    private static readonly Dictionary<string, UsageGrouping> Groupings = new()
    {
        ["model"] = UsageGrouping.Model,
        ["key"] = UsageGrouping.Key,
        ["accessKey"] = UsageGrouping.AccessKey,
        ["outcome"] = UsageGrouping.Outcome,
        ["operation"] = UsageGrouping.Operation,
    };

    public static async Task<IResult> GetAsync([AsParameters] Asked asked, UsageQuery query, ViewPositions positions, TimeProvider time, CancellationToken cancellation)
    {
        if (!Groupings.TryGetValue(asked.GroupBy ?? "model", out var grouping))
        {
            return BadParameter.Of("groupBy", $"must be one of {string.Join(", ", Groupings.Keys)}.");
        }

        var (range, problem) = TimeRange.Read(asked.From, asked.To, asked.Bucket, time.GetUtcNow(), asked.Tz);
        if (range is null)
        {
            return problem!;
        }

        (var scope, problem) = UsageScope.Read(asked.Model, asked.Key, asked.AccessKey, asked.Outcome, asked.Operation);
        if (scope is null)
        {
            return problem!;
        }

        (var table, problem) = scope.TableFor(grouping);
        if (table is null)
        {
            return problem!;
        }

        // Asked for first, so that the answer is never older than it says.
        var tick = await positions.TickAsync(cancellation).ConfigureAwait(false);
        return await query.ByGroupAsync(range.WithWholeHoursAtItsEnd(time.GetUtcNow()), table, grouping, scope, cancellation).ConfigureAwait(false) is { } rows
            ? TypedResults.Ok(new Contracts.Usage(range.From, range.To, grouping, UsageSql.Sum(rows.Select(row => row.Counts)), rows, tick.LagSeconds))
            : UsageQuery.TooManyRows(range);
    }

    /// <summary>The query parameters.</summary>
    internal sealed record Asked(
        string? From, string? To, string? Bucket, string? Tz, string? GroupBy, string? Model, string? Key, string? AccessKey, string? Outcome, string? Operation);
}
