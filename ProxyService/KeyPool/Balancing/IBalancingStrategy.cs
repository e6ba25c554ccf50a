namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>Chooses one of the keys that may serve a request. Called by many requests at once.</summary>
internal interface IBalancingStrategy
{
    /// <summary>The name it is chosen by in <c>Balancing:Strategy</c>.</summary>
    string Name { get; }

    /// <summary>Chooses.</summary>
    /// <param name="model">The model asked for.</param>
    /// <param name="eligible">The keys that may serve; at least one.</param>
    /// <returns>An index into <paramref name="eligible"/>.</returns>
    int Pick(string model, ReadOnlySpan<PooledKey> eligible);
}
