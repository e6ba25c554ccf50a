using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>What <c>thinkingConfig</c> says. Never both a budget and a level: Gemini refuses that.</summary>
/// <param name="Budget"><c>thinkingBudget</c>.</param>
/// <param name="Level"><c>thinkingLevel</c>.</param>
/// <param name="IncludeThoughts"><c>includeThoughts</c>.</param>
internal readonly record struct ThinkingConfig(int? Budget, string? Level, bool? IncludeThoughts)
{
    /// <summary>Decides what is said: the client's budget or level, else its effort, else what the gateway is set to.</summary>
    /// <param name="request">The request; gets warnings.</param>
    /// <param name="control">How the model's thinking is steered.</param>
    /// <param name="options">What the gateway is set to.</param>
    /// <returns>Null when there is nothing to say.</returns>
    /// <exception cref="RequestRefusedException">Thinking cannot be switched off, and the gateway is set to refuse that.</exception>
    public static ThinkingConfig? For(ChatRequest request, ThinkingControl control, TranslationOptions options)
    {
        var google = request.Google;
        var effort = request.Effort ?? google.ThinkingLevel ?? (google.ThinkingBudget is null && options.ThinkingBudget is null ? options.Effort : null);
        var budget = google.ThinkingBudget ?? (effort is null ? options.ThinkingBudget : null);
        if (control is ThinkingControl.None)
        {
            if (request.Effort is not (null or ReasoningEffort.None) || google.ThinkingBudget is not (null or 0) || google.ThinkingLevel is not (null or ReasoningEffort.None))
            {
                request.Warn("the model's thinking cannot be steered: what was asked of it was left out");
            }

            return null;
        }

        if (effort == ReasoningEffort.None && options.RefuseThinkingOff && control is not ThinkingControl.Budget { CanBeOff: true })
        {
            throw new RequestRefusedException(OpenAiError.Invalid("unsupported_value", "Invalid 'reasoning_effort': this model always thinks.", "reasoning_effort"));
        }

        var include = google.IncludeThoughts ?? options.IncludeThoughts ?? (effort is null ? null : effort != ReasoningEffort.None);
        // What the gateway is set to is no news for the client.
        var told = google.ThinkingBudget is null ? null : request;
        var config = (control, effort, budget) switch
        {
            (ThinkingControl.Budget range, { } word, _) => new ThinkingConfig(BudgetFor(range, word), null, include),
            (ThinkingControl.Budget range, null, { } tokens) => new ThinkingConfig(Clamped(range, tokens, told), null, include),
            (ThinkingControl.Level range, { } word, _) => new ThinkingConfig(null, LevelFor(range, word), include),
            (ThinkingControl.Level range, null, { } tokens) => new ThinkingConfig(null, LevelFor(range, tokens, told), include),
            _ => new ThinkingConfig(null, null, include),
        };
        if (config is { Budget: 0, IncludeThoughts: true })
        {
            // Gemini refuses to show what it does not do.
            config = config with { IncludeThoughts = false };
        }

        return config is { Budget: null, Level: null, IncludeThoughts: null } ? null : config;
    }

    private static int BudgetFor(ThinkingControl.Budget budget, ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.None => budget.CanBeOff ? 0 : budget.Minimum,
        ReasoningEffort.Minimal or ReasoningEffort.Low => Math.Clamp(1024, budget.Minimum, budget.Maximum),
        ReasoningEffort.Medium => Math.Clamp(8192, budget.Minimum, budget.Maximum),
        ReasoningEffort.High => Math.Clamp(24576, budget.Minimum, budget.Maximum),
        _ => budget.Maximum,
    };

    private static int Clamped(ThinkingControl.Budget budget, int tokens, ChatRequest? told)
    {
        if (tokens == -1 || (tokens == 0 && budget.CanBeOff))
        {
            return tokens;
        }

        var clamped = Math.Clamp(tokens, budget.Minimum, budget.Maximum);
        if (clamped != tokens)
        {
            told?.Warn($"thinking_budget {tokens} was changed to {clamped}, which the model takes");
        }

        return clamped;
    }

    private static string LevelFor(ThinkingControl.Level level, ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.None or ReasoningEffort.Minimal => level.HasMinimal ? "MINIMAL" : "LOW",
        ReasoningEffort.Low => "LOW",
        ReasoningEffort.Medium => level.HasMedium ? "MEDIUM" : "HIGH",
        ReasoningEffort.ExtraHigh => level.HasExtraHigh ? "XHIGH" : "HIGH",
        _ => "HIGH",
    };

    private static string? LevelFor(ThinkingControl.Level level, int tokens, ChatRequest? told)
    {
        // -1 lets the model decide, which is what no level means.
        var word = tokens switch
        {
            < 0 => null,
            0 => LevelFor(level, ReasoningEffort.None),
            <= 1024 => LevelFor(level, ReasoningEffort.Low),
            <= 8192 => LevelFor(level, ReasoningEffort.Medium),
            _ => LevelFor(level, ReasoningEffort.High),
        };
        told?.Warn(word is null ? "thinking_budget -1 was left out: the model decides by itself" : $"thinking_budget {tokens} was changed to thinking_level {word}, which the model takes");
        return word;
    }
}
