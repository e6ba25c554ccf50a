using System.Text.RegularExpressions;

namespace GeminiBalance.ProxyService.Gemini.Failures;

/// <summary>Something a model was asked for and does not have, as Google's refusal names it.</summary>
internal enum RefusedFeature
{
    /// <summary>Nothing that could be left out.</summary>
    None,

    /// <summary>Temperature, top_p or top_k.</summary>
    Sampling,

    /// <summary>A penalty.</summary>
    Penalties,

    /// <summary>Log probabilities.</summary>
    LogProbabilities,

    /// <summary>More than one candidate.</summary>
    Candidates,

    /// <summary>A budget or level of thinking.</summary>
    Thinking,

    /// <summary>A conversation that ends with the model's turn.</summary>
    ModelTurnLast,

    /// <summary>A system instruction.</summary>
    SystemInstruction,

    /// <summary>A resolution of media.</summary>
    MediaResolution,

    /// <summary>A seed.</summary>
    Seed,
}

/// <summary>Reads which feature a refusal is about, and whether the model refuses it whoever asks.</summary>
internal static partial class RefusedFeatureReading
{
    private static readonly (string Word, RefusedFeature Feature)[] Words =
    [
        ("penalty", RefusedFeature.Penalties),
        ("logprobs", RefusedFeature.LogProbabilities),
        ("log prob", RefusedFeature.LogProbabilities),
        ("candidate", RefusedFeature.Candidates),
        ("model turn", RefusedFeature.ModelTurnLast),
        ("developer instruction", RefusedFeature.SystemInstruction),
        ("system instruction", RefusedFeature.SystemInstruction),
        ("system_instruction", RefusedFeature.SystemInstruction),
        ("thinking", RefusedFeature.Thinking),
        ("budget", RefusedFeature.Thinking),
        ("media resolution", RefusedFeature.MediaResolution),
        ("mediaresolution", RefusedFeature.MediaResolution),
        ("media_resolution", RefusedFeature.MediaResolution),
        ("temperature", RefusedFeature.Sampling),
        ("top_p", RefusedFeature.Sampling),
        ("topp", RefusedFeature.Sampling),
        ("top_k", RefusedFeature.Sampling),
        ("topk", RefusedFeature.Sampling),
        ("seed", RefusedFeature.Seed),
    ];

    /// <summary>The feature; <see cref="RefusedFeature.None"/> when the refusal is about something else.</summary>
    public static RefusedFeature Of(UpstreamOutcome.RequestRefused refused)
    {
        if (refused.Fault != RequestFault.NotSupportedByModel)
        {
            return RefusedFeature.None;
        }

        foreach (var (word, feature) in Words)
        {
            if (refused.Detail.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return feature;
            }
        }

        return RefusedFeature.None;
    }

    /// <summary>
    /// Whether the refusal is about the model and the feature alone, so that every other request would get it too. One that names a value (a budget out of range, a level)
    /// or what the feature was put together with says nothing of other requests.
    /// </summary>
    public static bool IsOfTheModel(UpstreamOutcome.RequestRefused refused) => refused.Fault == RequestFault.NotSupportedByModel && OfTheModel().IsMatch(refused.Detail);

    /// <summary>Whether a message refuses a budget of thinking.</summary>
    public static bool IsBudget(string message) => Budget().IsMatch(message);

    [GeneratedRegex(
        @"^(?:the |multiple |requests ending with a |presence[ _]?|frequency[ _]?)?(?:penalty|logprobs|log probabilities|candidates?|model turn|(?:developer|system)[ _]?instructions?|thinking(?:[ _]?(?:level|budget|config))?|media[ _]?resolution|temperature|top[ _]?[pk]|seed) (?:is|are) not (?:enabled|supported)(?:\.| for |$)",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex OfTheModel();

    [GeneratedRegex(@"^(?:the )?(?:thinking )?budget -?\d+ is invalid", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Budget();
}
