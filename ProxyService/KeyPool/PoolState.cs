using System.Collections.Concurrent;
using System.Collections.Immutable;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>The pool at one moment, with the eligible keys per model. Only the lists by model are filled in later; what is said of the pool never changes.</summary>
internal sealed class PoolState
{
    /// <summary>Beyond this many changed keys a list is computed anew rather than mended.</summary>
    private const int MostMended = 256;

    private const int MostModels = 1000;

    private static readonly ImmutableDictionary<string, ImmutableDictionary<QuotaPool, DateTimeOffset>> NothingFull =
        ImmutableDictionary.Create<string, ImmutableDictionary<QuotaPool, DateTimeOffset>>(StringComparer.Ordinal);

    private readonly ImmutableDictionary<string, ImmutableDictionary<QuotaPool, DateTimeOffset>> full;
    private readonly ImmutableHashSet<string> named;
    private readonly ConcurrentDictionary<string, EligibleKeys> byModel = new(StringComparer.Ordinal);

    /// <summary>A new state.</summary>
    /// <param name="view">The pool.</param>
    /// <param name="local">What this replica has seen itself.</param>
    public PoolState(PoolView view, LocalExclusions local)
        : this(view, local, NothingFull, view.Models.Union(local.Models))
    {
    }

    private PoolState(PoolView view, LocalExclusions local, ImmutableDictionary<string, ImmutableDictionary<QuotaPool, DateTimeOffset>> full, ImmutableHashSet<string> named)
    {
        View = view;
        Local = local;
        this.full = full;
        this.named = named;
    }

    /// <summary>The pool.</summary>
    public PoolView View { get; }

    /// <summary>What this replica has seen itself.</summary>
    public LocalExclusions Local { get; }

    /// <summary>Which keys may serve a model.</summary>
    public EligibleKeys For(string model, DateTimeOffset now)
    {
        // Of a model that nothing is said about, what holds for all holds: memory does not grow with the names clients invent.
        var list = named.Contains(model) ? model : "";
        if (byModel.TryGetValue(list, out var known) && known.ValidUntil > now)
        {
            return known;
        }

        var eligible = EligibleKeys.Of(Placing(list, now), View.Keys);
        if (known is not null || byModel.Count < MostModels)
        {
            byModel[list] = eligible;
        }

        return eligible;
    }

    /// <summary>The same, whatever was computed before.</summary>
    public EligibleKeys ComputedAnew(string model, DateTimeOffset now) => EligibleKeys.Of(Placing(model, now), View.Keys);

    /// <summary>Until when a pool's quota is known to be used up.</summary>
    public DateTimeOffset? FullUntil(QuotaPool pool, string model) => full.TryGetValue(model, out var pools) && pools.TryGetValue(pool, out var until) ? until : null;

    /// <summary>The state after a change.</summary>
    public PoolState After(PoolChange change, DateTimeOffset now)
    {
        var view = View.With(change);
        var next = new PoolState(view, Local.Without(change), full, named.Union(change.States.Select(state => state.Model).OfType<string>()));
        return change.Keys.Count > 0 || change.RemovedKeys.Count > 0
            ? next
            : next.MendedFrom(this, [.. change.States.Select(state => state.KeyId).Concat(change.Healthy).Distinct().Select(view.Find).OfType<PooledKey>().OrderBy(key => key.Ordinal)], null, now);
    }

    /// <summary>The state after this replica has seen that keys cannot serve.</summary>
    /// <param name="keys">The keys, ascending by ordinal.</param>
    /// <param name="status">As what.</param>
    /// <param name="model">For which model; null for all.</param>
    /// <param name="until">Until when.</param>
    /// <param name="now">The clock.</param>
    public PoolState Without(IReadOnlyList<PooledKey> keys, KeyStatus status, string? model, DateTimeOffset until, DateTimeOffset now)
    {
        var local = Local.With(keys.Select(key => new PoolKeyState(key.Id, status, null, model, until)), now);
        return new PoolState(View, local, full, model is null ? named : named.Add(model)).MendedFrom(this, [.. keys], model, now);
    }

    /// <summary>The state after this replica takes back what it held against keys.</summary>
    /// <param name="keys">The keys, ascending by ordinal.</param>
    /// <param name="model">For which model; null for what holds for all.</param>
    /// <param name="now">The clock.</param>
    public PoolState Lifted(IReadOnlyList<PooledKey> keys, string? model, DateTimeOffset now) =>
        new PoolState(View, Local.Without(keys.Select(key => key.Id), model), full, named).MendedFrom(this, [.. keys], model, now);

    /// <summary>The state after a pool's quota was used up.</summary>
    public PoolState Full(QuotaPool pool, string model, DateTimeOffset until, DateTimeOffset now)
    {
        var pools = full.GetValueOrDefault(model, []).RemoveRange(full.GetValueOrDefault(model, []).Where(entry => entry.Value <= now).Select(entry => entry.Key)).SetItem(pool, until);
        return new PoolState(View, Local, full.SetItem(model, pools), named.Add(model)).MendedFrom(this, [.. View.KeysOf(pool)], model, now);
    }

    /// <summary>The state after a pool's quota has room again.</summary>
    public PoolState WithRoom(QuotaPool pool, string model, DateTimeOffset now)
    {
        var pools = full.GetValueOrDefault(model, []).Remove(pool);
        return new PoolState(View, Local, pools.IsEmpty ? full.Remove(model) : full.SetItem(model, pools), named).MendedFrom(this, [.. View.KeysOf(pool)], model, now);
    }

    /// <summary>Takes over the lists of the state before, with a few keys placed anew.</summary>
    private PoolState MendedFrom(PoolState before, List<PooledKey> changed, string? model, DateTimeOffset now)
    {
        foreach (var (list, eligible) in before.byModel)
        {
            if (eligible.ValidUntil <= now)
            {
                continue;
            }

            if (model is not null && list != model)
            {
                byModel[list] = eligible;
            }
            else if (changed.Count <= MostMended)
            {
                byModel[list] = eligible.With(Placing(list, now), changed);
            }
        }

        return this;
    }

    private KeyPlacing Placing(string model, DateTimeOffset now) => new(View, Local, full.GetValueOrDefault(model, []), model, now);
}
