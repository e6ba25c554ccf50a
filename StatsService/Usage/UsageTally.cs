using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Usage;

/// <summary>A cell of a usage table.</summary>
/// <param name="BucketAt">Start of the quarter of an hour.</param>
/// <param name="Model">The model asked for; empty when none was named.</param>
/// <param name="Served">The model version that answered, by its own word; empty when none did. Prices follow it: an alias moves on, and its price with it.</param>
/// <param name="Group">Key, access key or operation; <see cref="Guid.Empty"/> when there was no key.</param>
/// <param name="Outcome">Final outcome.</param>
/// <param name="LongPrompt">Whether the prompts were longer than <see cref="Costs.PriceTable.LongPromptTokens"/>: some models cost more beyond it, which sums would not tell.</param>
/// <typeparam name="TGroup">What <paramref name="Group"/> is.</typeparam>
internal readonly record struct UsageCell<TGroup>(DateTimeOffset BucketAt, string Model, string Served, TGroup Group, RequestOutcome Outcome, bool LongPrompt = false);

/// <summary>Makes cells.</summary>
internal static class UsageCell
{
    /// <summary>The cell of a fact.</summary>
    public static UsageCell<TGroup> Of<TGroup>(RequestFact fact, TGroup group) => new(
        TimeBuckets.Of(fact.StartedAt),
        fact.ModelAsked ?? "",
        fact.ModelServed ?? "",
        group,
        fact.Outcome,
        fact.Tokens is { } tokens && tokens.Prompt + tokens.ToolUsePrompt > Costs.PriceTable.LongPromptTokens);
}

/// <summary>What is counted in a cell.</summary>
internal sealed class UsageTally
{
    /// <summary>The columns of a table that hold it, in the order of <see cref="ArraysOf"/>.</summary>
    public static readonly IReadOnlyList<string> Columns =
    [
        "requests", "estimated", "prompt_tokens", "completion_tokens", "thought_tokens", "cached_tokens", "prompt_audio_tokens", "completion_audio_tokens", "total_tokens",
    ];

    /// <summary>The columns of a table that tells by them how requests ended, in the order of <see cref="OutcomeArraysOf"/>.</summary>
    public static readonly IReadOnlyList<string> OutcomeColumns = ["succeeded", "client_errors", "failed", "aborted"];

    public long Requests { get; private set; }

    public long Succeeded { get; private set; }

    /// <summary>Refused because of the request or by a limit.</summary>
    public long ClientErrors { get; private set; }

    /// <summary>Not served, through no fault of the client.</summary>
    public long Failed { get; private set; }

    public long Aborted { get; private set; }

    public long Estimated { get; private set; }

    public long PromptTokens { get; private set; }

    public long CompletionTokens { get; private set; }

    public long ThoughtTokens { get; private set; }

    public long CachedTokens { get; private set; }

    public long PromptAudioTokens { get; private set; }

    public long CompletionAudioTokens { get; private set; }

    public long TotalTokens { get; private set; }

    public void Add(RequestFact fact)
    {
        Requests++;
        switch (fact.Outcome)
        {
            case RequestOutcome.Succeeded:
                Succeeded++;
                break;
            case RequestOutcome.ClientError or RequestOutcome.Limited:
                ClientErrors++;
                break;
            case RequestOutcome.NoKey or RequestOutcome.UpstreamError or RequestOutcome.InternalError:
                Failed++;
                break;
            case RequestOutcome.Aborted:
                Aborted++;
                break;
        }

        if (fact.Tokens is not { } tokens)
        {
            return;
        }

        Estimated += fact.Estimated ? 1 : 0;
        PromptTokens += tokens.Prompt + tokens.ToolUsePrompt;
        CompletionTokens += tokens.Completion;
        ThoughtTokens += tokens.Thoughts;
        CachedTokens += tokens.Cached;
        PromptAudioTokens += tokens.PromptAudio;
        CompletionAudioTokens += tokens.CompletionAudio;
        TotalTokens += tokens.Total;
    }

    public void Add(UsageTally other)
    {
        Requests += other.Requests;
        Succeeded += other.Succeeded;
        ClientErrors += other.ClientErrors;
        Failed += other.Failed;
        Aborted += other.Aborted;
        Estimated += other.Estimated;
        PromptTokens += other.PromptTokens;
        CompletionTokens += other.CompletionTokens;
        ThoughtTokens += other.ThoughtTokens;
        CachedTokens += other.CachedTokens;
        PromptAudioTokens += other.PromptAudioTokens;
        CompletionAudioTokens += other.CompletionAudioTokens;
        TotalTokens += other.TotalTokens;
    }

    /// <summary>An array for each of <see cref="OutcomeColumns"/>.</summary>
    public static object[] OutcomeArraysOf(UsageTally[] tallies) =>
    [
        Array.ConvertAll(tallies, tally => tally.Succeeded),
        Array.ConvertAll(tallies, tally => tally.ClientErrors),
        Array.ConvertAll(tallies, tally => tally.Failed),
        Array.ConvertAll(tallies, tally => tally.Aborted),
    ];

    /// <summary>An array for each of <see cref="Columns"/>.</summary>
    public static object[] ArraysOf(UsageTally[] tallies) =>
    [
        Array.ConvertAll(tallies, tally => tally.Requests),
        Array.ConvertAll(tallies, tally => tally.Estimated),
        Array.ConvertAll(tallies, tally => tally.PromptTokens),
        Array.ConvertAll(tallies, tally => tally.CompletionTokens),
        Array.ConvertAll(tallies, tally => tally.ThoughtTokens),
        Array.ConvertAll(tallies, tally => tally.CachedTokens),
        Array.ConvertAll(tallies, tally => tally.PromptAudioTokens),
        Array.ConvertAll(tallies, tally => tally.CompletionAudioTokens),
        Array.ConvertAll(tallies, tally => tally.TotalTokens),
    ];
}
