using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Tells why a key was chosen, for the request's fact.</summary>
internal static class ChoiceStory
{
    /// <summary>The strategy's name when a request went where its files or its conversation are.</summary>
    public const string Affinity = "affinity";

    /// <summary>The story of a choice.</summary>
    /// <param name="strategy">Name of the strategy.</param>
    /// <param name="eligible">What it chose from.</param>
    /// <param name="chosen">The choice.</param>
    public static KeyChoice Of(string strategy, EligibleKeys eligible, in KeyChosen chosen) => new(
        chosen.Near ? Affinity : strategy,
        eligible.Count,
        eligible.Excluded,
        eligible.Excluded > 0 ? eligible.ExcludedBy : null,
        chosen.Finalists.ToFact());
}
