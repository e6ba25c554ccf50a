namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>
/// Keys of one rank that may serve a model, in the order of the pool. Never changes. Their ordinals lie side by side: looking for a key among ten thousand through
/// the keys themselves would miss the processor's cache at every step.
/// </summary>
internal sealed class Candidates
{
    private readonly PooledKey[] keys;
    private readonly long[] ordinals;
    private WeightTable? weights;

    /// <summary>Takes keys as they are.</summary>
    /// <param name="keys">The keys, ascending by <see cref="PooledKey.Ordinal"/>.</param>
    public Candidates(PooledKey[] keys)
        : this(keys, Array.ConvertAll(keys, static key => key.Ordinal))
    {
    }

    private Candidates(PooledKey[] keys, long[] ordinals) => (this.keys, this.ordinals) = (keys, ordinals);

    /// <summary>The keys, ascending by <see cref="PooledKey.Ordinal"/>.</summary>
    public ReadOnlySpan<PooledKey> Keys => keys;

    /// <summary>How many there are.</summary>
    public int Count => keys.Length;

    /// <summary>The keys by weight; built when it is first asked for.</summary>
    public WeightTable Weights => weights ??= new WeightTable(keys);

    /// <summary>Whether a key is among them.</summary>
    public bool Contains(PooledKey key) => Array.BinarySearch(ordinals, key.Ordinal) is var index && index >= 0 && ReferenceEquals(keys[index], key);

    /// <summary>The index of the first key behind a place; the number of keys when there is none.</summary>
    /// <param name="ordinal">The place.</param>
    public int IndexAfter(long ordinal) => Array.BinarySearch(ordinals, ordinal) is var index && index >= 0 ? index + 1 : ~index;

    /// <summary>The same without some keys and with others.</summary>
    /// <param name="removed">Keys that go; those that are not here are passed over. Ascending by ordinal.</param>
    /// <param name="added">Keys that come; ascending by ordinal, none of them here.</param>
    public Candidates With(List<PooledKey> removed, List<PooledKey> added)
    {
        var next = new PooledKey[keys.Length - removed.Count(Contains) + added.Count];
        var places = new long[next.Length];
        var (goes, comes, at) = (0, 0, 0);
        for (var i = 0; i < keys.Length; i++)
        {
            var ordinal = ordinals[i];
            while (goes < removed.Count && removed[goes].Ordinal < ordinal)
            {
                goes++;
            }

            if (goes < removed.Count && ReferenceEquals(removed[goes], keys[i]))
            {
                continue;
            }

            for (; comes < added.Count && added[comes].Ordinal < ordinal; comes++)
            {
                (next[at], places[at++]) = (added[comes], added[comes].Ordinal);
            }

            (next[at], places[at++]) = (keys[i], ordinal);
        }

        for (; comes < added.Count; comes++)
        {
            (next[at], places[at++]) = (added[comes], added[comes].Ordinal);
        }

        return new Candidates(next, places);
    }
}

/// <summary>Chooses by weight in constant time: the alias method (Walker 1974, Vose 1991).</summary>
internal sealed class WeightTable
{
    private readonly double[] share;
    private readonly int[] alias;

    /// <summary>Builds the table.</summary>
    /// <param name="keys">The keys; at least one.</param>
    public WeightTable(ReadOnlySpan<PooledKey> keys)
    {
        share = new double[keys.Length];
        alias = new int[keys.Length];
        var sum = 0L;
        foreach (var key in keys)
        {
            sum += key.Weight;
        }

        var poor = new Stack<int>();
        var rich = new Stack<int>();
        for (var i = 0; i < keys.Length; i++)
        {
            share[i] = (double)keys[i].Weight * keys.Length / sum;
            alias[i] = i;
            (share[i] < 1 ? poor : rich).Push(i);
        }

        while (poor.TryPop(out var low) && rich.TryPop(out var high))
        {
            alias[low] = high;
            share[high] -= 1 - share[low];
            (share[high] < 1 ? poor : rich).Push(high);
        }
    }

    /// <summary>An index.</summary>
    /// <param name="random">Chance.</param>
    public int Pick(Random random)
    {
        var index = random.Next(share.Length);
        return alias[index] == index || random.NextDouble() < share[index] ? index : alias[index];
    }
}
