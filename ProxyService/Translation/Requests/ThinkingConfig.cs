using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>What <c>thinkingConfig</c> says. Never both a budget and a level: Gemini refuses that.</summary>
/// <param name="Budget"><c>thinkingBudget</c>.</param>
/// <param name="Level"><c>thinkingLevel</c>.</param>
/// <param name="IncludeThoughts"><c>includeThoughts</c>.</param>
internal readonly record struct ThinkingConfig(int? Budget, string? Level, bool IncludeThoughts)
{
    /// <summary>Translates <c>reasoning_effort</c> for a family of models.</summary>
    /// <param name="control">How the family's thinking is steered.</param>
    /// <param name="effort">What the client asked for.</param>
    /// <returns>Null when there is nothing to say.</returns>
    public static ThinkingConfig? From(ThinkingControl control, ReasoningEffort effort) => control switch
    {
        ThinkingControl.Budget budget => new ThinkingConfig(BudgetFor(budget, effort), null, effort != ReasoningEffort.None),
        ThinkingControl.Level level => new ThinkingConfig(null, LevelFor(level, effort), effort != ReasoningEffort.None),
        _ => null,
    };

    private static int BudgetFor(ThinkingControl.Budget budget, ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.None => budget.CanBeOff ? 0 : budget.Minimum,
        ReasoningEffort.Minimal or ReasoningEffort.Low => Math.Max(1024, budget.Minimum),
        ReasoningEffort.Medium => 8192,
        ReasoningEffort.High => 24576,
        _ => budget.Maximum,
    };

    private static string LevelFor(ThinkingControl.Level level, ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.None or ReasoningEffort.Minimal => level.HasMinimal ? "MINIMAL" : "LOW",
        ReasoningEffort.Low => "LOW",
        ReasoningEffort.Medium => level.HasMedium ? "MEDIUM" : "HIGH",
        ReasoningEffort.ExtraHigh => level.HasExtraHigh ? "XHIGH" : "HIGH",
        _ => "HIGH",
    };
}
