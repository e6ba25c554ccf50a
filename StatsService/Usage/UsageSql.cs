using System.Data.Common;
using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Usage;

/// <summary>The sums of a usage table as columns, and those columns as counts.</summary>
internal static class UsageSql
{
    /// <summary>Ten sums, in the order of <see cref="UsageCounts"/>.</summary>
    public static readonly string Sums = $"""
        coalesce(sum(requests), 0)::bigint,
        {RequestsOf(RequestOutcome.Succeeded)},
        {RequestsOf(RequestOutcome.ClientError, RequestOutcome.Limited)},
        {RequestsOf(RequestOutcome.NoKey, RequestOutcome.UpstreamError, RequestOutcome.InternalError)},
        {RequestsOf(RequestOutcome.Aborted)},
        coalesce(sum(prompt_tokens), 0)::bigint,
        coalesce(sum(completion_tokens), 0)::bigint,
        coalesce(sum(thought_tokens), 0)::bigint,
        coalesce(sum(cached_tokens), 0)::bigint,
        coalesce(sum(total_tokens), 0)::bigint
        """;

    public static readonly UsageCounts None = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Reads the ten sums from a column on.</summary>
    public static UsageCounts Read(DbDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetInt64(first + 1),
        row.GetInt64(first + 2),
        row.GetInt64(first + 3),
        row.GetInt64(first + 4),
        row.GetInt64(first + 5),
        row.GetInt64(first + 6),
        row.GetInt64(first + 7),
        row.GetInt64(first + 8),
        row.GetInt64(first + 9));

    public static UsageCounts Sum(IEnumerable<UsageCounts> counts) => counts.Aggregate(None, (a, b) => new UsageCounts(
        a.Requests + b.Requests,
        a.Succeeded + b.Succeeded,
        a.ClientErrors + b.ClientErrors,
        a.Failed + b.Failed,
        a.Aborted + b.Aborted,
        a.PromptTokens + b.PromptTokens,
        a.CompletionTokens + b.CompletionTokens,
        a.ThoughtTokens + b.ThoughtTokens,
        a.CachedTokens + b.CachedTokens,
        a.TotalTokens + b.TotalTokens));

    private static string RequestsOf(params RequestOutcome[] outcomes) =>
        $"coalesce(sum(requests) filter (where outcome in ({string.Join(", ", outcomes.Select(outcome => $"'{outcome}'"))})), 0)::bigint";
}
