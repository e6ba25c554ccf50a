using System.Data.Common;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Costs;

namespace GeminiBalance.StatsService.Usage;

/// <summary>The sums of a usage table as columns, and those columns as counts.</summary>
internal static class UsageSql
{
    /// <summary>
    /// The prices a row has: those of the model that answered, else those of the model asked for. Thinking costs what the completion costs.
    /// </summary>
    private const string Rate = "coalesce(served_price.{0}, asked_price.{0})";

    private static readonly string Cost = string.Format(
        System.Globalization.CultureInfo.InvariantCulture,
        """
        (greatest(prompt_tokens - cached_tokens - prompt_audio_tokens, 0) * {0} + cached_tokens * {1} + prompt_audio_tokens * {2}
            + (completion_tokens - completion_audio_tokens + thought_tokens) * {3} + completion_audio_tokens * {4}) / 1e6
        """,
        RateOf("input"),
        RateOf("cached"),
        RateOf("input_audio"),
        RateOf("output"),
        RateOf("output_audio"));

    /// <summary>The sums, in the order of <see cref="UsageCounts"/>; of rows by outcome, with <see cref="Priced"/> joined.</summary>
    public static readonly string Sums = SumsWith(
        RequestsOf(RequestOutcome.Succeeded),
        RequestsOf(RequestOutcome.ClientError, RequestOutcome.Limited),
        RequestsOf(RequestOutcome.NoKey, RequestOutcome.UpstreamError, RequestOutcome.InternalError),
        RequestsOf(RequestOutcome.Aborted));

    /// <summary>The same of rows that tell outcomes by columns.</summary>
    public static readonly string SumsOfColumns = SumsWith([.. UsageTally.OutcomeColumns.Select(column => $"coalesce(sum({column}), 0)::bigint")]);

    public static readonly UsageCounts None = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, CostUsd: 0);

    /// <summary>A usage table with its prices beside it, for a query that has the price table's parameters from a number on.</summary>
    public static string Priced(string table, int prices) => $"""
        {StoreSchema.Name}.{table} usage
            left join {PriceTable.Rows(prices).Replace("as price", "as served_price", StringComparison.Ordinal)}
                on served_price.model = usage.served and served_price.long_prompt = usage.long_prompt
                    and usage.bucket_at >= served_price.from_at and usage.bucket_at < served_price.to_at
            left join {PriceTable.Rows(prices).Replace("as price", "as asked_price", StringComparison.Ordinal)}
                on asked_price.model = usage.model and asked_price.long_prompt = usage.long_prompt
                    and usage.bucket_at >= asked_price.from_at and usage.bucket_at < asked_price.to_at
        """;

    /// <summary>Reads the sums from a column on.</summary>
    public static UsageCounts Read(DbDataReader row, int first) => WithCost(new UsageCounts(
        row.GetInt64(first),
        row.GetInt64(first + 1),
        row.GetInt64(first + 2),
        row.GetInt64(first + 3),
        row.GetInt64(first + 4),
        row.GetInt64(first + 5),
        row.GetInt64(first + 6),
        row.GetInt64(first + 7),
        row.GetInt64(first + 8),
        row.GetInt64(first + 9),
        row.GetInt64(first + 10),
        row.GetInt64(first + 11),
        row.GetInt64(first + 12),
        row.GetDouble(first + 13),
        row.GetInt64(first + 14)));

    public static UsageCounts Sum(IEnumerable<UsageCounts> counts) => WithCost(counts.Aggregate(None, (a, b) => new UsageCounts(
        a.Requests + b.Requests,
        a.Succeeded + b.Succeeded,
        a.ClientErrors + b.ClientErrors,
        a.Failed + b.Failed,
        a.Aborted + b.Aborted,
        a.PromptTokens + b.PromptTokens,
        a.CompletionTokens + b.CompletionTokens,
        a.ThoughtTokens + b.ThoughtTokens,
        a.CachedTokens + b.CachedTokens,
        a.TotalTokens + b.TotalTokens,
        a.EstimatedRequests + b.EstimatedRequests,
        a.PromptAudioTokens + b.PromptAudioTokens,
        a.CompletionAudioTokens + b.CompletionAudioTokens,
        (a.CostUsd ?? 0) + (b.CostUsd ?? 0),
        a.UnpricedTokens + b.UnpricedTokens)));

    /// <summary>What no price is known for costs an unknown sum, not nothing.</summary>
    private static UsageCounts WithCost(UsageCounts counts) => counts with
    {
        CostUsd = counts.TotalTokens > 0 && counts.UnpricedTokens == counts.TotalTokens ? null : Math.Round(counts.CostUsd ?? 0, 9),
    };

    private static string SumsWith(params string[] outcomes) => $"""
        coalesce(sum(requests), 0)::bigint,
        {string.Join(", ", outcomes)},
        coalesce(sum(prompt_tokens), 0)::bigint,
        coalesce(sum(completion_tokens), 0)::bigint,
        coalesce(sum(thought_tokens), 0)::bigint,
        coalesce(sum(cached_tokens), 0)::bigint,
        coalesce(sum(total_tokens), 0)::bigint,
        coalesce(sum(estimated), 0)::bigint,
        coalesce(sum(prompt_audio_tokens), 0)::bigint,
        coalesce(sum(completion_audio_tokens), 0)::bigint,
        coalesce(sum({Cost}), 0)::double precision,
        coalesce(sum(total_tokens) filter (where {RateOf("input")} is null), 0)::bigint
        """;

    private static string RateOf(string kind) => Rate.Replace("{0}", kind, StringComparison.Ordinal);

    private static string RequestsOf(params RequestOutcome[] outcomes) =>
        $"coalesce(sum(requests) filter (where outcome in ({string.Join(", ", outcomes.Select(outcome => $"'{outcome}'"))})), 0)::bigint";
}
