using System.Collections.Concurrent;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.Translation.Requests;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>What models were seen to refuse, beyond what their profiles say: remembered for a day, so that a change on Google's side costs one extra call and not every request.</summary>
/// <param name="time">The clock.</param>
internal sealed class LearnedParameters(TimeProvider time)
{
    private const int MostModels = 1000;
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(24);

    private readonly ConcurrentDictionary<string, Entry> models = new(StringComparer.Ordinal);

    /// <summary>What a model refuses.</summary>
    public LearnedLimits Of(string model) => models.TryGetValue(model, out var entry) && entry.Until > time.GetUtcNow() ? entry.Limits : LearnedLimits.None;

    /// <summary>Remembers what a model refuses. Every request to it does without from then on, so that it must have been refused with it and answered without it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="limits">What it refuses.</param>
    public void Remember(string model, LearnedLimits limits)
    {
        var known = Of(model);
        if ((known | limits) != known && (models.ContainsKey(model) || models.Count < MostModels))
        {
            models[model] = new Entry(known | limits, time.GetUtcNow() + Remembered);
        }
    }

    /// <summary>What is left out of a request to do without a feature.</summary>
    public static LearnedLimits LimitOf(RefusedFeature feature) => feature switch
    {
        RefusedFeature.Sampling => LearnedLimits.Sampling,
        RefusedFeature.Penalties => LearnedLimits.Penalties,
        RefusedFeature.LogProbabilities => LearnedLimits.LogProbabilities,
        RefusedFeature.Candidates => LearnedLimits.Candidates,
        RefusedFeature.Thinking => LearnedLimits.Thinking,
        RefusedFeature.ModelTurnLast => LearnedLimits.ModelTurnLast,
        RefusedFeature.SystemInstruction => LearnedLimits.SystemInstruction,
        RefusedFeature.MediaResolution => LearnedLimits.MediaResolution,
        RefusedFeature.Seed => LearnedLimits.Seed,
        _ => LearnedLimits.None,
    };

    private sealed record Entry(LearnedLimits Limits, DateTimeOffset Until);
}
