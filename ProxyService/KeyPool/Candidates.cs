namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>Keys of one rank that may serve a model, in the order of the pool. Never changes.</summary>
/// <param name="keys">The keys, ascending by <see cref="PooledKey.Ordinal"/>.</param>
internal sealed class Candidates(PooledKey[] keys)
{
    private WeightTable? weights;

    /// <summary>The keys, ascending by <see cref="PooledKey.Ordinal"/>.</summary>
    public ReadOnlySpan<PooledKey> Keys => keys;

    /// <summary>How many there are.</summary>
    public int Count => keys.Length;

    /// <summary>The keys by weight; built when it is first asked for.</summary>
    public WeightTable Weights => weights ??= new WeightTable(keys);

    /// <summary>Whether a key is among them.</summary>
    public bool Contains(PooledKey key) => IndexAfter(key.Ordinal - 1) is var index && index < keys.Length && ReferenceEquals(keys[index], key);

    /// <summary>The index of the first key behind a place; the number of keys when there is none.</summary>
    /// <param name="ordinal">The place.</param>
    public int IndexAfter(long ordinal)
    {
        var (low, high) = (0, keys.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (keys[middle].Ordinal <= ordinal)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>The same without some keys and with others.</summary>
    /// <param name="removed">Keys that go; those that are not here are passed over. Ascending by ordinal.</param>
    /// <param name="added">Keys that come; ascending by ordinal, none of them here.</param>
    public Candidates With(List<PooledKey> removed, List<PooledKey> added)
    {
        var next = new List<PooledKey>(keys.Length + added.Count);
        var (goes, comes) = (0, 0);
        foreach (var key in keys)
        {
            while (goes < removed.Count && removed[goes].Ordinal < key.Ordinal)
            {
                goes++;
            }

            if (goes < removed.Count && ReferenceEquals(removed[goes], key))
            {
                continue;
            }

            while (comes < added.Count && added[comes].Ordinal < key.Ordinal)
            {
                next.Add(added[comes++]);
            }

            next.Add(key);
        }

        next.AddRange(added[comes..]);
        return new Candidates([.. next]);
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
