using GeminiBalance.Contracts;

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

/// <summary>What is counted in a cell.</summary>
internal sealed class UsageTally
{
    public long Requests { get; private set; }

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
}
