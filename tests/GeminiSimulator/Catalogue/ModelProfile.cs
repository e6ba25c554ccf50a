namespace GeminiBalance.GeminiSimulator.Catalogue;

/// <summary>How a model's thinking is steered.</summary>
public enum ThinkingControl
{
    /// <summary>It does not think; a <c>thinkingConfig</c> is refused.</summary>
    None,

    /// <summary>By <c>thinkingBudget</c>.</summary>
    Budget,

    /// <summary>By <c>thinkingLevel</c>.</summary>
    Level,
}

/// <summary>What a model accepts, as far as the simulator enforces it.</summary>
/// <param name="Name">Name without <c>models/</c>.</param>
/// <param name="DisplayName">Name for people.</param>
/// <param name="Thinking">How its thinking is steered.</param>
/// <param name="BudgetMinimum">Smallest budget in tokens.</param>
/// <param name="BudgetMaximum">Largest budget in tokens.</param>
/// <param name="CanDisableThinking">Whether a budget of 0 is accepted.</param>
/// <param name="Levels">Accepted levels, when steered by level.</param>
/// <param name="ThinksByDefault">Whether it thinks when nothing is said.</param>
/// <param name="Penalties">Whether non-zero penalties are accepted.</param>
/// <param name="MaximumCandidates">Largest <c>candidateCount</c>.</param>
/// <param name="TrailingModelTurn">Whether the last content may have role <c>model</c>.</param>
/// <param name="EnforcesSignatures">Whether a function call in the current turn needs its thought signature.</param>
/// <param name="SystemInstruction">Whether a system instruction is accepted.</param>
/// <param name="Tools">Whether functions, built-in tools and JSON answers are offered.</param>
/// <param name="Embeds">Whether it makes embeddings instead of text.</param>
/// <param name="InputTokenLimit">Largest prompt in tokens.</param>
/// <param name="OutputTokenLimit">Largest answer in tokens.</param>
/// <param name="QuotaModel">The name its quotas go by; null for its own.</param>
/// <param name="Serves">The model that answers in its place, named in <c>modelVersion</c>; null for itself.</param>
public sealed record ModelProfile(
    string Name,
    string DisplayName,
    ThinkingControl Thinking = ThinkingControl.None,
    int BudgetMinimum = 0,
    int BudgetMaximum = 0,
    bool CanDisableThinking = false,
    IReadOnlyList<string>? Levels = null,
    bool ThinksByDefault = true,
    bool Penalties = true,
    int MaximumCandidates = 8,
    bool TrailingModelTurn = true,
    bool EnforcesSignatures = false,
    bool SystemInstruction = true,
    bool Tools = true,
    bool Embeds = false,
    int InputTokenLimit = 1_048_576,
    int OutputTokenLimit = 65_536,
    string? QuotaModel = null,
    string? Serves = null)
{
    /// <summary>What it can answer in: <c>TEXT</c>, <c>IMAGE</c>, <c>AUDIO</c>.</summary>
    public IReadOnlyList<string> Modalities { get; init; } = ["TEXT"];

    /// <summary>Whether a <c>thinkingBudget</c> is accepted at all.</summary>
    public bool AcceptsBudget => BudgetMaximum > 0;

    /// <summary>The name in <c>modelVersion</c>.</summary>
    public string Version => Serves ?? Name;

    /// <summary>The methods the model list names.</summary>
    public IReadOnlyList<string> Methods => Embeds
        ? ["embedContent", "batchEmbedContents", "countTokens"]
        : ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"];
}
