namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>Chooses one of the keys that may serve a request. Called by many requests at once; must not allocate, and not look at every key.</summary>
internal interface IBalancingStrategy
{
    /// <summary>The name it is chosen by in <c>Balancing:Strategy</c>.</summary>
    string Name { get; }

    /// <summary>Chooses.</summary>
    /// <param name="model">The model asked for.</param>
    /// <param name="candidates">The keys that may serve, all of one rank; at least one.</param>
    /// <param name="finalists">The keys that were compared in the end; empty when none were.</param>
    /// <returns>An index into the candidates.</returns>
    int Pick(string model, Candidates candidates, out Finalists finalists);
}
