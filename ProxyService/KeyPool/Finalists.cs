using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>The two keys a strategy compared in the end, the chosen one first. Empty when it compared none.</summary>
/// <param name="Chosen">The chosen one.</param>
/// <param name="Other">The other one; without a key when there was only one.</param>
internal readonly record struct Finalists(ScoredKey Chosen, ScoredKey Other)
{
    /// <summary>The finalists as a fact tells them; null when there are none.</summary>
    public IReadOnlyList<ChoiceFinalist>? ToFact() => Chosen.Key is null ? null : Other.Key is null ? [Chosen.ToFact()] : [Chosen.ToFact(), Other.ToFact()];
}

/// <summary>A key's score, and what it was made of.</summary>
/// <param name="Key">The key.</param>
/// <param name="Score">The score; the higher one wins.</param>
/// <param name="Success">Share (0 to 1) of its calls that succeeded lately; null when not looked at.</param>
/// <param name="LatencyMs">Its usual milliseconds until the upstream begins to answer; null when not looked at.</param>
/// <param name="Headroom">Share (0 to 1) of its quota that is left; null when unknown.</param>
/// <param name="InFlight">Calls on their way over it.</param>
internal readonly record struct ScoredKey(PooledKey? Key, double Score, double? Success, double? LatencyMs, double? Headroom, int InFlight)
{
    /// <summary>The same as a fact tells it.</summary>
    public ChoiceFinalist ToFact() => new(
        Key!.Id,
        Math.Round(Score, 4),
        Success is { } success ? Math.Round(success, 4) : null,
        LatencyMs is { } latency ? Math.Round(latency, 1) : null,
        Headroom is { } headroom ? Math.Round(headroom, 4) : null,
        InFlight);
}
