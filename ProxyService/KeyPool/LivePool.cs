using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool.Balancing;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>
/// The pool as this replica knows it now. Readers never wait: they see one immutable state with ready lists of eligible keys per model.
/// Writers (a snapshot, a change, a failure seen here, a limit that is reached) replace it whole.
/// </summary>
/// <param name="strategy">The strategy that chooses among eligible keys now.</param>
/// <param name="time">The clock.</param>
internal sealed class LivePool(Func<IBalancingStrategy> strategy, TimeProvider time)
{
    private readonly Lock gate = new();
    private volatile PoolState? state;

    /// <summary>The view; null while no snapshot was ever seen.</summary>
    public PoolView? View => state?.View;

    /// <summary>Name of the balancing strategy.</summary>
    public string Strategy => strategy().Name;

    /// <summary>Takes over a whole snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="source">Where it came from.</param>
    public void Replace(PoolSnapshot snapshot, string source)
    {
        lock (gate)
        {
            state = new PoolState(PoolView.From(snapshot, source, state?.View), state?.Local ?? LocalExclusions.None);
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
                state = current.After(change, time.GetUtcNow());
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
            if (state is { } current)
            {
                var now = time.GetUtcNow();
                var sharesQuota = status is KeyStatus.Cooling or KeyStatus.Exhausted or KeyStatus.NotOffered;
                state = current.Without(sharesQuota ? current.View.KeysOf(key.QuotaPool) : [key], status, model, now + duration, now);
            }
        }
    }

    /// <summary>Takes back what this replica holds against a key and the others of its quota pool.</summary>
    /// <param name="key">The key.</param>
    /// <param name="model">For which model; null for what holds for all.</param>
    public void Lift(PooledKey key, string? model)
    {
        lock (gate)
        {
            if (state is { } current)
            {
                state = current.Lifted(current.View.KeysOf(key.QuotaPool), model, time.GetUtcNow());
            }
        }
    }

    /// <summary>Notes that a call is about to be sent. When that fills the pool's quota, its keys become the last resort.</summary>
    /// <param name="key">The key.</param>
    /// <param name="model">The model.</param>
    public KeyLoad Begin(PooledKey key, string model)
    {
        var load = key.LoadOf(model);
        load.Begin();
        var use = key.QuotaPool.UseOf(model);
        use.Sent();
        NoteFullness(key.QuotaPool, use, model);
        return load;
    }

    /// <summary>Takes over limits and use of quota pools.</summary>
    /// <param name="quotas">The pools, each whole per model.</param>
    /// <param name="whole">Whether pools that are not named have no limits any more.</param>
    public void Publish(IReadOnlyList<PoolQuota> quotas, bool whole)
    {
        if (state is not { } current)
        {
            return;
        }

        if (whole)
        {
            var named = quotas.Select(quota => quota.Pool).ToHashSet(StringComparer.Ordinal);
            foreach (var pool in current.View.QuotaPools.Where(pool => !named.Contains(pool.Name)))
            {
                pool.Forget();
                foreach (var (model, use) in pool.Uses)
                {
                    NoteRoom(pool, use, model);
                }
            }
        }

        // A limit for every model comes before those of single models, which win.
        foreach (var quota in quotas.OrderBy(quota => quota.Model != "*"))
        {
            if (current.View.FindQuotaPool(quota.Pool) is not { } pool)
            {
                continue;
            }

            pool.Publish(quota.Model, quota.Windows);
            foreach (var (model, use) in quota.Model == "*" ? pool.Uses : [KeyValuePair.Create(quota.Model, pool.UseOf(quota.Model))])
            {
                NoteFullness(pool, use, model);
                NoteRoom(pool, use, model);
            }
        }
    }

    /// <summary>Which keys may serve a model.</summary>
    /// <param name="model">The model.</param>
    /// <returns>Null while no snapshot was ever seen.</returns>
    public EligibleKeys? EligibleFor(string model) => state?.For(model, time.GetUtcNow());

    /// <summary>The same without what was computed before: what <see cref="EligibleFor"/> must agree with.</summary>
    internal EligibleKeys? ComputedAnew(string model) => state?.ComputedAnew(model, time.GetUtcNow());

    /// <summary>Chooses a key.</summary>
    /// <param name="model">The model.</param>
    /// <param name="eligible">The keys that may serve it.</param>
    /// <param name="tried">Keys that have failed this request already; keys of other quota pools than theirs are better.</param>
    /// <param name="affinity">The quota pool that should answer, if any.</param>
    /// <param name="unfit">Which keys cannot serve this request, though others; null for none.</param>
    /// <returns>Without a key when none is left.</returns>
    public KeyChosen Choose(string model, EligibleKeys eligible, IReadOnlyList<PooledKey> tried, Affinity affinity = default, Predicate<PooledKey>? unfit = null)
    {
        if (eligible.Ranks.Count == 0)
        {
            return default;
        }

        if (affinity.Pool is { } wanted && ChooseWithin(model, wanted, eligible, affinity.AnyRank, tried) is { } near && unfit?.Invoke(near) != true)
        {
            return new KeyChosen(near, default, Near: true);
        }

        if (tried.Count > 0 || unfit is not null)
        {
            return ChooseAnother(model, eligible, tried, unfit);
        }

        var first = eligible.Ranks[0];
        return new KeyChosen(first.Keys[strategy().Pick(model, first, out var finalists)], finalists, Near: false);
    }

    /// <summary>First a key of a pool that has not failed, by the strategy; else one that has not failed itself.</summary>
    private KeyChosen ChooseAnother(string model, EligibleKeys eligible, IReadOnlyList<PooledKey> tried, Predicate<PooledKey>? unfit)
    {
        const int Draws = 4;
        bool Fits(PooledKey key) => unfit?.Invoke(key) != true;
        foreach (var rank in eligible.Ranks)
        {
            for (var draw = 0; draw < Draws; draw++)
            {
                var key = rank.Keys[strategy().Pick(model, rank, out var finalists)];
                if (!Shares(tried, key) && Fits(key))
                {
                    return new KeyChosen(key, finalists, Near: false);
                }
            }

            if (Find(rank, key => !Shares(tried, key) && Fits(key)) is { } other)
            {
                return new KeyChosen(other, default, Near: false);
            }
        }

        foreach (var rank in eligible.Ranks)
        {
            if (Find(rank, key => !tried.Contains(key) && Fits(key)) is { } sibling)
            {
                return new KeyChosen(sibling, default, Near: false);
            }
        }

        return default;
    }

    /// <summary>The least used eligible key of a pool; null when it has none, its limit is reached, or keys that come before it can serve.</summary>
    private PooledKey? ChooseWithin(string model, QuotaPool wanted, EligibleKeys eligible, bool anyRank, IReadOnlyList<PooledKey> tried)
    {
        PooledKey? best = null;
        foreach (var key in state?.View.KeysOf(wanted) ?? [])
        {
            if ((anyRank ? eligible.Contains(key) : eligible.Ranks[0].Contains(key)) && !tried.Contains(key) && (best is null || key.LoadOf(model).Calls < best.LoadOf(model).Calls))
            {
                best = key;
            }
        }

        return best;
    }

    private static bool Shares(IReadOnlyList<PooledKey> tried, PooledKey key)
    {
        for (var i = 0; i < tried.Count; i++)
        {
            if (ReferenceEquals(tried[i].QuotaPool, key.QuotaPool))
            {
                return true;
            }
        }

        return false;
    }

    private static PooledKey? Find(Candidates rank, Predicate<PooledKey> fits)
    {
        var start = Random.Shared.Next(rank.Count);
        for (var i = 0; i < rank.Count; i++)
        {
            if (rank.Keys[(start + i) % rank.Count] is var key && fits(key))
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>A limit that was raised or taken away, or use that was seen too high, gives a pool back before its window ends.</summary>
    private void NoteRoom(QuotaPool pool, QuotaUse use, string model)
    {
        var now = time.GetUtcNow();
        if (state?.FullUntil(pool, model) is null || use.FullUntil(now) is not null)
        {
            return;
        }

        lock (gate)
        {
            if (state is { } current && current.FullUntil(pool, model) is not null)
            {
                state = current.WithRoom(pool, model, now);
            }
        }
    }

    private void NoteFullness(QuotaPool pool, QuotaUse use, string model)
    {
        var now = time.GetUtcNow();
        if (use.FullUntil(now) is not { } until || state is not { } seen || seen.FullUntil(pool, model) == until)
        {
            return;
        }

        lock (gate)
        {
            if (state is { } current && current.FullUntil(pool, model) != until)
            {
                state = current.Full(pool, model, until, now);
            }
        }
    }
}

/// <summary>A wish for a quota pool: of the one that holds a request's files, or has seen its conversation before.</summary>
/// <param name="Pool">The pool; null without a wish.</param>
/// <param name="AnyRank">Whether its keys may serve although others come before them: a file lies nowhere else, a cached beginning is not worth a paid key.</param>
internal readonly record struct Affinity(QuotaPool? Pool, bool AnyRank);

/// <summary>A choice, and why.</summary>
/// <param name="Key">The key; null when none is left.</param>
/// <param name="Finalists">What it was compared with.</param>
/// <param name="Near">Whether it was taken for its pool's sake.</param>
internal readonly record struct KeyChosen(PooledKey? Key, Finalists Finalists, bool Near);
