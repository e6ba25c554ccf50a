using System.Collections.Immutable;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>The pool at one sequence. Never changes: a change makes a new view, and parts that stay the same are shared.</summary>
internal sealed class PoolView
{
    private readonly Dictionary<Guid, PooledKey> byId;
    private readonly Dictionary<string, PoolMembers> byPool;

    private PoolView(Guid epoch, long sequence, PooledKey[] keys, Dictionary<Guid, PooledKey> byId, Dictionary<string, PoolMembers> byPool, ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> states, AccessKeyTable accessKeys, string source)
    {
        Epoch = epoch;
        Sequence = sequence;
        Keys = keys;
        this.byId = byId;
        this.byPool = byPool;
        States = states;
        AccessKeys = accessKeys;
        Source = source;
    }

    /// <summary>Epoch of the store behind it.</summary>
    public Guid Epoch { get; }

    /// <summary>The sequence it stands at.</summary>
    public long Sequence { get; }

    /// <summary>Where it came from: <c>redis</c>, <c>http</c> or <c>disk</c>.</summary>
    public string Source { get; }

    /// <summary>All keys, ascending by <see cref="PooledKey.Ordinal"/>.</summary>
    public PooledKey[] Keys { get; }

    /// <summary>What is said of keys that are not plainly healthy.</summary>
    public ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> States { get; }

    /// <summary>The access keys by hash.</summary>
    public AccessKeyTable AccessKeys { get; }

    /// <summary>Builds a view; keys that an earlier view has decrypted already are taken over.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="earlier">The view before.</param>
    public static PoolView From(PoolSnapshot snapshot, string source, PoolView? earlier)
    {
        var pools = new Dictionary<string, QuotaPool>(StringComparer.Ordinal);
        var byId = new Dictionary<Guid, PooledKey>(snapshot.Keys.Count);
        foreach (var key in snapshot.Keys)
        {
            byId.TryAdd(key.Id, Pooled(key, earlier, pools));
        }

        var keys = Ordered(byId);
        var states = snapshot.States.GroupBy(state => state.KeyId).ToImmutableDictionary(group => group.Key, group => group.ToImmutableArray());
        return new PoolView(snapshot.Epoch, snapshot.Sequence, keys, byId, Members(keys), states, AccessKeyTable.Of(snapshot.AccessKeys), source);
    }

    /// <summary>The view after a change.</summary>
    /// <param name="change">The change that follows this view's sequence.</param>
    public PoolView With(PoolChange change)
    {
        var (keys, index, members) = (Keys, byId, byPool);
        if (change.Keys.Count > 0 || change.RemovedKeys.Count > 0)
        {
            index = new Dictionary<Guid, PooledKey>(byId);
            foreach (var id in change.RemovedKeys)
            {
                index.Remove(id);
            }

            var pools = new Dictionary<string, QuotaPool>(StringComparer.Ordinal);
            foreach (var key in change.Keys)
            {
                index[key.Id] = Pooled(key, this, pools);
            }

            keys = Ordered(index);
            members = Members(keys);
        }

        var states = States.RemoveRange(change.RemovedKeys).RemoveRange(change.Healthy);
        foreach (var group in change.States.GroupBy(state => state.KeyId))
        {
            states = states.SetItem(group.Key, [.. group]);
        }

        var accessKeys = change.AccessKeys.Count > 0 || change.RemovedAccessKeys.Count > 0 ? AccessKeys.With(change.AccessKeys, change.RemovedAccessKeys) : AccessKeys;
        return new PoolView(Epoch, change.Sequence, keys, index, members, states, accessKeys, Source);
    }

    /// <summary>The models something is said of.</summary>
    public ImmutableHashSet<string> Models => [.. States.Values.SelectMany(states => states).Select(state => state.Model).OfType<string>()];

    /// <summary>How many quota pools there are.</summary>
    public int QuotaPoolCount => byPool.Count;

    /// <summary>All quota pools.</summary>
    public IEnumerable<QuotaPool> QuotaPools => byPool.Values.Select(members => members.Pool);

    /// <summary>A key; null when it is not in the pool.</summary>
    public PooledKey? Find(Guid id) => byId.GetValueOrDefault(id);

    /// <summary>A quota pool; null when no key draws from it.</summary>
    /// <param name="name"><c>project:NAME</c> or <c>key:ID</c>.</param>
    public QuotaPool? FindQuotaPool(string name) => byPool.GetValueOrDefault(name)?.Pool;

    /// <summary>The keys that draw from a quota pool, ascending by <see cref="PooledKey.Ordinal"/>.</summary>
    public IReadOnlyList<PooledKey> KeysOf(QuotaPool pool) => byPool.GetValueOrDefault(pool.Name)?.Keys ?? [];

    /// <summary>The same pool as a snapshot, to be written down.</summary>
    public PoolSnapshot ToSnapshot() => new(Epoch, Sequence, [.. Keys.Select(key => key.Stored)], [.. States.Values.SelectMany(states => states)], [.. AccessKeys.Keys]);

    /// <summary>The key as it is known, else as it is told; what was seen of it and of its quota pool stays.</summary>
    private static PooledKey Pooled(PoolKey key, PoolView? earlier, Dictionary<string, QuotaPool> pools)
    {
        var known = earlier?.Find(key.Id);
        if (known?.Is(key) == true)
        {
            pools.TryAdd(known.QuotaPool.Name, known.QuotaPool);
            return known;
        }

        var name = QuotaPool.NameOf(key);
        if (!pools.TryGetValue(name, out var pool))
        {
            pools.Add(name, pool = earlier?.FindQuotaPool(name) ?? new QuotaPool(name));
        }

        return known is null ? new PooledKey(key, pool) : known.With(key, pool);
    }

    private static PooledKey[] Ordered(Dictionary<Guid, PooledKey> byId)
    {
        PooledKey[] keys = [.. byId.Values];
        Array.Sort(keys, static (one, other) => one.Ordinal.CompareTo(other.Ordinal));
        return keys;
    }

    private static Dictionary<string, PoolMembers> Members(PooledKey[] keys)
    {
        var members = new Dictionary<string, PoolMembers>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (!members.TryGetValue(key.QuotaPool.Name, out var known))
            {
                members.Add(key.QuotaPool.Name, known = new PoolMembers(key.QuotaPool, []));
            }

            known.Keys.Add(key);
        }

        return members;
    }

    private sealed record PoolMembers(QuotaPool Pool, List<PooledKey> Keys);
}
