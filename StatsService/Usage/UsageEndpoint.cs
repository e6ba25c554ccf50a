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
    };

    public static async Task<IResult> GetAsync(
        string? from, string? to, string? bucket, string? groupBy, UsageQuery query, ViewPositions positions, TimeProvider time, CancellationToken cancellation)
    {
        if (!Groupings.TryGetValue(groupBy ?? "model", out var grouping))
        {
            return BadParameter.Of("groupBy", $"must be one of {string.Join(", ", Groupings.Keys)}.");
        }

        var (range, problem) = TimeRange.Read(from, to, bucket, time.GetUtcNow());
        if (range is null)
        {
            return problem!;
        }

        // Asked for first, so that the answer is never older than it says.
        var tick = await positions.TickAsync(cancellation).ConfigureAwait(false);
        return await query.ByGroupAsync(range, grouping, cancellation).ConfigureAwait(false) is { } rows
            ? TypedResults.Ok(new Contracts.Usage(range.From, range.To, grouping, UsageSql.Sum(rows.Select(row => row.Counts)), rows, tick.LagSeconds))
            : BadParameter.Of(bucket is null ? "from" : "bucket", $"gives more than {UsageQuery.MaximumRows} rows. Choose a wider bucket or a shorter range.");
    }
}
