using System.Collections.Immutable;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>What this replica has seen of keys itself and acts on at once, until KeyHealthService confirms or lifts it. Never changes: an addition makes a new one.</summary>
internal sealed class LocalExclusions
{
    private readonly ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> states;

    private LocalExclusions(ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> states) => this.states = states;

    /// <summary>Nothing seen.</summary>
    public static LocalExclusions None { get; } = new(ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>>.Empty);

    /// <summary>Whether nothing was seen.</summary>
    public bool IsEmpty => states.IsEmpty;

    /// <summary>The models something was seen of.</summary>
    public IEnumerable<string> Models => states.Values.SelectMany(seen => seen).Select(state => state.Model).OfType<string>();

    /// <summary>What was seen of a key.</summary>
    public ImmutableArray<PoolKeyState> Of(Guid key) => states.GetValueOrDefault(key, []);

    /// <summary>Adds exclusions; what is over is forgotten.</summary>
    /// <param name="additions">The exclusions, each with an end.</param>
    /// <param name="now">The clock.</param>
    public LocalExclusions With(IEnumerable<PoolKeyState> additions, DateTimeOffset now)
    {
        var next = states;
        foreach (var addition in additions)
        {
            next = next.SetItem(addition.KeyId, [.. Of(addition.KeyId).Where(state => state.Until > now && state.Model != addition.Model), addition]);
        }

        return new LocalExclusions(next);
    }

    /// <summary>Drops what was seen of keys.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="model">For which model; null for what holds for all.</param>
    public LocalExclusions Without(IEnumerable<Guid> keys, string? model)
    {
        var next = states;
        foreach (var key in keys)
        {
            next = Without(next, key, model);
        }

        return ReferenceEquals(next, states) ? this : new LocalExclusions(next);
    }

    /// <summary>Drops what KeyHealthService has spoken about.</summary>
    /// <param name="change">What it published.</param>
    public LocalExclusions Without(PoolChange change)
    {
        var next = states.RemoveRange(change.Healthy).RemoveRange(change.RemovedKeys);
        foreach (var state in change.States)
        {
            next = Without(next, state.KeyId, state.Model);
        }

        return ReferenceEquals(next, states) ? this : new LocalExclusions(next);
    }

    private static ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> Without(ImmutableDictionary<Guid, ImmutableArray<PoolKeyState>> states, Guid key, string? model)
    {
        if (!states.TryGetValue(key, out var known))
        {
            return states;
        }

        var rest = known.RemoveAll(local => local.Model == model);
        return rest.IsEmpty ? states.Remove(key) : states.SetItem(key, rest);
    }
}
