using System.Collections.Concurrent;

namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>One after the other, for every model on its own.</summary>
internal sealed class RoundRobinStrategy : IBalancingStrategy
{
    private const int MostModels = 1000;

    private readonly ConcurrentDictionary<string, Turn> turns = new(StringComparer.Ordinal);
    private readonly Turn others = new();

    /// <inheritdoc />
    public string Name => "round_robin";

    /// <inheritdoc />
    public int Pick(string model, ReadOnlySpan<PooledKey> eligible)
    {
        // Model names come from clients: beyond a bound they share one turn.
        if (!turns.TryGetValue(model, out var turn))
        {
            turn = turns.Count < MostModels ? turns.GetOrAdd(model, _ => new Turn()) : others;
        }

        return (int)((uint)Interlocked.Increment(ref turn.Count) % (uint)eligible.Length);
    }

    private sealed class Turn
    {
        public int Count = -1;
    }
}
