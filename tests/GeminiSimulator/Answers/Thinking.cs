using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>How much the simulated model thinks, and what it tells of it.</summary>
public static class Thinking
{
    /// <summary>Tokens a model thinks when nothing is said and it thinks by default.</summary>
    public const int DefaultTokens = 24;

    /// <summary>Tokens of thinking: more for higher levels, at most the budget.</summary>
    /// <param name="config">The request's <c>thinkingConfig</c>, or null.</param>
    /// <param name="model">The model.</param>
    public static int Tokens(JsonObject? config, ModelProfile model)
    {
        if (model.Thinking == ThinkingControl.None)
        {
            return 0;
        }

        var budget = (int?)config?["thinkingBudget"];
        return (config?["thinkingLevel"]?.GetValue<string>(), budget) switch
        {
            ("MINIMAL", _) => 4,
            ("LOW", _) => 12,
            ("HIGH", _) => 48,
            ("XHIGH", _) => 96,
            (_, 0) => 0,
            (_, > 0) => Math.Min(budget.Value, DefaultTokens),
            _ => model.ThinksByDefault || budget is not null ? DefaultTokens : 0,
        };
    }

    /// <summary>The part shown when thoughts are included.</summary>
    public static JsonObject Summary() => new() { ["text"] = "Considering what was asked before answering.", ["thought"] = true };
}
