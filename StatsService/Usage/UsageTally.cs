using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Usage;

/// <summary>A cell of a usage table.</summary>
/// <param name="BucketAt">Start of the quarter of an hour.</param>
/// <param name="Model">The model asked for; empty when none was named.</param>
/// <param name="Group">Key or access key; <see cref="Guid.Empty"/> when there was none.</param>
/// <param name="Outcome">Final outcome.</param>
internal readonly record struct UsageCell(DateTimeOffset BucketAt, string Model, Guid Group, RequestOutcome Outcome);

/// <summary>What is counted in a cell.</summary>
internal sealed class UsageTally
{
    public long Requests { get; private set; }

    public long PromptTokens { get; private set; }

    public long CompletionTokens { get; private set; }

    public long ThoughtTokens { get; private set; }

    public long CachedTokens { get; private set; }

    public long TotalTokens { get; private set; }

    public void Add(TokenUsage? tokens)
    {
        Requests++;
        if (tokens is null)
        {
            return;
        }

        PromptTokens += tokens.Prompt + tokens.ToolUsePrompt;
        CompletionTokens += tokens.Completion;
        ThoughtTokens += tokens.Thoughts;
        CachedTokens += tokens.Cached;
        TotalTokens += tokens.Total;
    }
}
