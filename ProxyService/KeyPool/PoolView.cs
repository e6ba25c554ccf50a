using System.Collections.Immutable;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>The pool at one sequence. Never changes: a change makes a new view, and parts that stay the same are shared.</summary>
internal sealed class PoolView
{
    private readonly Dictionary<Guid, PooledKey> byId;

    private PoolView(Guid epoch, long sequence, PooledKey[] keys, Dictionary<Guid, PooledKey> byId, ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> states, ImmutableDictionary<string, PoolAccessKey> accessKeys, string source)
    {
        Epoch = epoch;
        Sequence = sequence;
        Keys = keys;
        this.byId = byId;
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

    /// <summary>All keys.</summary>
    public PooledKey[] Keys { get; }

    /// <summary>What is said of keys that are not plainly healthy.</summary>
    public ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> States { get; }

    /// <summary>The access keys by hash.</summary>
    public ImmutableDictionary<string, PoolAccessKey> AccessKeys { get; }

    /// <summary>Builds a view; keys that an earlier view has decrypted already are taken over.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="earlier">The view before.</param>
    public static PoolView From(PoolSnapshot snapshot, string source, PoolView? earlier)
    {
        var keys = new List<PooledKey>(snapshot.Keys.Count);
        var byId = new Dictionary<Guid, PooledKey>(snapshot.Keys.Count);
        foreach (var key in snapshot.Keys)
        {
            var pooled = earlier is not null && earlier.byId.TryGetValue(key.Id, out var known) && known.Is(key) ? known : new PooledKey(key);
            if (byId.TryAdd(key.Id, pooled))
            {
                keys.Add(pooled);
            }
        }

        var states = snapshot.States.GroupBy(state => state.KeyId).ToImmutableDictionary(group => group.Key, group => group.ToImmutableArray());
        var accessKeys = ImmutableDictionary.CreateRange(StringComparer.Ordinal, snapshot.AccessKeys.SelectMany(ByHash).DistinctBy(entry => entry.Key));
        return new PoolView(snapshot.Epoch, snapshot.Sequence, [.. keys], byId, states, accessKeys, source);
    }

    /// <summary>The view after a change.</summary>
    /// <param name="change">The change that follows this view's sequence.</param>
    public PoolView With(PoolChange change)
    {
        var keys = Keys;
        var index = byId;
        if (change.Keys.Count > 0 || change.RemovedKeys.Count > 0)
        {
            index = new Dictionary<Guid, PooledKey>(byId);
            foreach (var id in change.RemovedKeys)
            {
                index.Remove(id);
            }

            foreach (var key in change.Keys)
            {
                index[key.Id] = index.TryGetValue(key.Id, out var known) && known.Is(key) ? known : new PooledKey(key);
            }

            keys = [.. index.Values];
        }

        var states = States.RemoveRange(change.RemovedKeys).RemoveRange(change.Healthy);
        foreach (var group in change.States.GroupBy(state => state.KeyId))
        {
            states = states.SetItem(group.Key, [.. group]);
        }

        var accessKeys = AccessKeys;
        if (change.AccessKeys.Count > 0 || change.RemovedAccessKeys.Count > 0)
        {
            var replaced = change.AccessKeys.Select(key => key.Id).Concat(change.RemovedAccessKeys).ToHashSet();
            accessKeys = accessKeys
                .RemoveRange(accessKeys.Where(entry => replaced.Contains(entry.Value.Id)).Select(entry => entry.Key))
                .SetItems(change.AccessKeys.SelectMany(ByHash));
        }

        return new PoolView(Epoch, change.Sequence, keys, index, states, accessKeys, Source);
    }

    /// <summary>The same pool as a snapshot, to be written down.</summary>
    public PoolSnapshot ToSnapshot() => new(Epoch, Sequence, [.. Keys.Select(key => key.Stored)], [.. States.Values.SelectMany(states => states)], [.. AccessKeys.Values.Distinct()]);

    /// <summary>A rotated key is known by its old hash too; whether that still counts is decided when it is shown.</summary>
    private static IEnumerable<KeyValuePair<string, PoolAccessKey>> ByHash(PoolAccessKey key) =>
        key.OldHash is null ? [KeyValuePair.Create(key.Hash, key)] : [KeyValuePair.Create(key.Hash, key), KeyValuePair.Create(key.OldHash, key)];
}
