using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool.Balancing;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>
/// The pool as this replica knows it now. Readers never wait: they see one immutable view and ready lists of eligible keys per model.
/// Writers (a snapshot, a change, a failure seen here) replace them whole.
/// </summary>
/// <param name="strategy">Chooses among eligible keys.</param>
/// <param name="time">The clock.</param>
internal sealed class LivePool(IBalancingStrategy strategy, TimeProvider time)
{
    private const int MostCachedModels = 1000;

    private readonly Lock gate = new();
    private volatile State? state;

    /// <summary>The view; null while no snapshot was ever seen.</summary>
    public PoolView? View => state?.View;

    /// <summary>Name of the balancing strategy.</summary>
    public string Strategy => strategy.Name;

    /// <summary>Takes over a whole snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="source">Where it came from.</param>
    public void Replace(PoolSnapshot snapshot, string source)
    {
        lock (gate)
        {
            state = new State(PoolView.From(snapshot, source, state?.View), state?.Local ?? LocalExclusions.None);
        }
    }

    /// <summary>Takes over a change.</summary>
    /// <param name="change">The change.</param>
    /// <returns>False when it does not follow on the view: a whole snapshot is needed.</returns>
    public bool TryApply(PoolChange change)
    {
        lock (gate)
        {
            if (state is not { } current || current.View.Epoch != change.Epoch || change.Sequence > current.View.Sequence + 1)
            {
                return false;
            }

            if (change.Sequence == current.View.Sequence + 1)
            {
                state = new State(current.View.With(change), current.Local.Without(change));
            }

            return true;
        }
    }

    /// <summary>Keeps a key out, in this replica, because of what it has just answered.</summary>
    /// <param name="key">The key; with a quota, all keys of its project are kept out.</param>
    /// <param name="status">As what.</param>
    /// <param name="model">For which model; null for all.</param>
    /// <param name="duration">For how long.</param>
    public void Exclude(PooledKey key, KeyStatus status, string? model, TimeSpan duration)
    {
        lock (gate)
        {
            if (state is not { } current)
            {
                return;
            }

            var now = time.GetUtcNow();
            var until = now + duration;
            var sharesQuota = status is KeyStatus.Cooling or KeyStatus.Exhausted or KeyStatus.NotOffered && key.Project is not null;
            var keys = sharesQuota ? current.View.Keys.Where(other => other.Project == key.Project) : [key];
            state = new State(current.View, current.Local.With(keys.Select(other => new PoolKeyState(other.Id, status, null, model, until)), now));
        }
    }

    /// <summary>Which keys may serve a model.</summary>
    /// <param name="model">The model.</param>
    /// <returns>Null while no snapshot was ever seen.</returns>
    public EligibleKeys? EligibleFor(string model)
    {
        if (state is not { } current)
        {
            return null;
        }

        var now = time.GetUtcNow();
        if (current.ByModel.TryGetValue(model, out var known) && known.ValidUntil > now)
        {
            return known;
        }

        var eligible = EligibleKeys.Of(current.View, current.Local, model, now);
        if (known is not null || current.ByModel.Count < MostCachedModels)
        {
            current.ByModel[model] = eligible;
        }

        return eligible;
    }

    /// <summary>Chooses a key.</summary>
    /// <param name="model">The model.</param>
    /// <param name="eligible">The keys that may serve it.</param>
    /// <param name="tried">Keys that have failed this request already.</param>
    /// <returns>Null when none is left.</returns>
    public PooledKey? Choose(string model, EligibleKeys eligible, IReadOnlyList<PooledKey> tried)
    {
        if (eligible.Keys.Length == 0)
        {
            return null;
        }

        var choice = eligible.Keys[strategy.Pick(model, eligible.Keys)];
        if (!tried.Contains(choice))
        {
            return choice;
        }

        var rest = Array.FindAll(eligible.Keys, key => !tried.Contains(key));
        return rest.Length == 0 ? null : rest[strategy.Pick(model, rest)];
    }

    private sealed class State(PoolView view, LocalExclusions local)
    {
        public PoolView View { get; } = view;

        public LocalExclusions Local { get; } = local;

        public ConcurrentDictionary<string, EligibleKeys> ByModel { get; } = new(StringComparer.Ordinal);
    }
}
