using System.Collections.Concurrent;

namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>One after the other in the order of the pool, for every model on its own; goes on behind the last one when keys come and go.</summary>
internal sealed class RoundRobinStrategy : IBalancingStrategy
{
    private const int MostModels = 1000;

    /// <summary>A turn is one number: the place of the last key, and behind it the index it had, which saves the search while nothing changes.</summary>
    private const int IndexBits = 24;

    private readonly ConcurrentDictionary<string, Turn> turns = new(StringComparer.Ordinal);
    private readonly Turn others = new();

    /// <inheritdoc />
    public string Name => "round_robin";

    /// <inheritdoc />
    public int Pick(string model, Candidates candidates, out Finalists finalists)
    {
        finalists = default;

        // Model names come from clients: beyond a bound they share one turn.
        if (!turns.TryGetValue(model, out var turn))
        {
            turn = turns.Count < MostModels ? turns.GetOrAdd(model, static _ => new Turn()) : others;
        }

        while (true)
        {
            var last = Interlocked.Read(ref turn.Last);
            var next = After(candidates, last >> IndexBits, (int)(last & ((1 << IndexBits) - 1)));
            if (Interlocked.CompareExchange(ref turn.Last, (candidates.Keys[next].Ordinal << IndexBits) | (uint)next, last) == last)
            {
                return next;
            }
        }
    }

    private static int After(Candidates candidates, long ordinal, int index)
    {
        var next = index < candidates.Count && candidates.Keys[index].Ordinal == ordinal ? index + 1 : candidates.IndexAfter(ordinal);
        return next < candidates.Count ? next : 0;
    }

    private sealed class Turn
    {
        public long Last;
    }
}
