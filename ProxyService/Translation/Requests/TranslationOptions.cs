using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>What the gateway, not the client, says about how a request is translated. Immutable.</summary>
internal sealed record TranslationOptions
{
    /// <summary>Nothing but what the client says.</summary>
    public static TranslationOptions Plain { get; } = new();

    /// <summary>Thinking when the client says nothing about it; null leaves it to the model.</summary>
    public ReasoningEffort? Effort { get; init; }

    /// <summary>Budget of thinking in tokens when the client says nothing about it.</summary>
    public int? ThinkingBudget { get; init; }

    /// <summary>Whether thoughts are asked for; null leaves it to the client.</summary>
    public bool? IncludeThoughts { get; init; }

    /// <summary>Whether an effort of <c>none</c> is refused on models that always think, instead of being the least they can.</summary>
    public bool RefuseThinkingOff { get; init; }

    /// <summary>Whether a conversation that ends with the assistant is refused on models that do not continue one, instead of getting a user message appended.</summary>
    public bool RefusePrefill { get; init; }

    /// <summary>Whether JSON together with tools is refused on models that cannot do both, instead of being asked for in words.</summary>
    public bool RefuseJsonWithTools { get; init; }

    /// <summary>Put before the system instruction.</summary>
    public string? SystemText { get; init; }

    /// <summary>Put before the first text of the user.</summary>
    public string? UserPrefix { get; init; }

    /// <summary>Put behind the last text of the user.</summary>
    public string? UserSuffix { get; init; }

    /// <summary>Threshold of every kind of harm when the client gives none; null leaves it to Google.</summary>
    public string? SafetyThreshold { get; init; }

    /// <summary>Thresholds of single kinds of harm, which win over <see cref="SafetyThreshold"/>.</summary>
    public SafetyThresholds Safety { get; init; }

    /// <summary>Whether Google searches the web for every request: asked for by the model's name.</summary>
    public bool Search { get; init; }

    /// <summary>Fields the model has refused before.</summary>
    public LearnedLimits Learned { get; init; }

    /// <summary>Whether all signatures of the current turn give way to the word that Google's check lets pass: after it refused one.</summary>
    public bool ReplaceSignatures { get; init; }
}

/// <summary>Fields of a request that a model was seen to refuse.</summary>
[Flags]
internal enum LearnedLimits
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Temperature, top_p and top_k.</summary>
    Sampling = 1,

    /// <summary>Penalties.</summary>
    Penalties = 2,

    /// <summary>Log probabilities.</summary>
    LogProbabilities = 4,

    /// <summary>More than one candidate.</summary>
    Candidates = 8,

    /// <summary>Any <c>thinkingConfig</c>.</summary>
    Thinking = 16,

    /// <summary>A conversation that ends with the model's turn.</summary>
    ModelTurnLast = 32,

    /// <summary>A system instruction.</summary>
    SystemInstruction = 64,

    /// <summary><c>mediaResolution</c>.</summary>
    MediaResolution = 128,

    /// <summary>The seed.</summary>
    Seed = 256,
}

/// <summary>Thresholds of single kinds of harm; null where there is none of its own.</summary>
/// <param name="Harassment">Of <c>HARM_CATEGORY_HARASSMENT</c>.</param>
/// <param name="HateSpeech">Of <c>HARM_CATEGORY_HATE_SPEECH</c>.</param>
/// <param name="SexuallyExplicit">Of <c>HARM_CATEGORY_SEXUALLY_EXPLICIT</c>.</param>
/// <param name="DangerousContent">Of <c>HARM_CATEGORY_DANGEROUS_CONTENT</c>.</param>
internal readonly record struct SafetyThresholds(string? Harassment, string? HateSpeech, string? SexuallyExplicit, string? DangerousContent);
