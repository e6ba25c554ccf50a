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

/// <summary>Reads which feature a refusal is about.</summary>
internal static class RefusedFeatureReading
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
        if (refused.Fault is not (RequestFault.NotSupportedByModel or RequestFault.Invalid))
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
}
