namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>By chance, every key as often as its weight says.</summary>
/// <param name="random">Chance.</param>
internal sealed class WeightedStrategy(Random random) : IBalancingStrategy
{
    /// <inheritdoc />
    public string Name => "weighted";

    /// <inheritdoc />
    public int Pick(string model, Candidates candidates, out Finalists finalists)
    {
        finalists = default;
        return candidates.Weights.Pick(random);
    }
}
