using System.Collections.Immutable;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>
/// Which keys may serve a model, by rank, and why the others may not. Computed when something changes, not per request; a change of few keys is worked in
/// without looking at the others. Never changes itself.
/// </summary>
internal sealed class EligibleKeys
{
    private readonly ImmutableSortedDictionary<int, Candidates> byRank;
    private readonly ImmutableDictionary<Guid, PoolKeyState> kept;
    private IReadOnlyDictionary<string, int>? reasons;

    private EligibleKeys(ImmutableSortedDictionary<int, Candidates> byRank, ImmutableDictionary<Guid, PoolKeyState> kept, DateTimeOffset validUntil)
    {
        this.byRank = byRank;
        this.kept = kept;
        ValidUntil = validUntil;
        Ranks = [.. byRank.Values];
        LimitReached = byRank.GetValueOrDefault(KeyRank.LastResort)?.Count ?? 0;
        Count = Ranks.Sum(rank => rank.Count) - LimitReached;
    }

    /// <summary>The keys by rank, the first to be used first. The last rank may be keys whose quota is known to be used up.</summary>
    public IReadOnlyList<Candidates> Ranks { get; }

    /// <summary>How many keys may serve.</summary>
    public int Count { get; }

    /// <summary>How many may not, those whose limit is reached among them.</summary>
    public int Excluded => kept.Count + LimitReached;

    /// <summary>How many draw from a quota that is known to be used up: they are asked only when nothing else is left.</summary>
    public int LimitReached { get; }

    /// <summary>When the first of those that may not may be back, and this must be computed anew.</summary>
    public DateTimeOffset ValidUntil { get; }

    /// <summary>The states that keep keys out, one for each.</summary>
    public IEnumerable<PoolKeyState> Exclusions => kept.Values;

    /// <summary>When the first key that waits for quota comes back; null when none waits.</summary>
    public DateTimeOffset? QuotaReturnsAt => kept.Values.Where(state => state.Status is KeyStatus.Cooling or KeyStatus.Exhausted).Min(state => state.Until);

    /// <summary>How many keys are kept out because the model is not offered to them.</summary>
    public int NotOffered => kept.Values.Count(state => state.Status == KeyStatus.NotOffered);

    /// <summary>How many keys are kept out, by reason.</summary>
    public IReadOnlyDictionary<string, int> ExcludedBy => reasons ??= Reasons();

    /// <summary>All keys that may serve, in the order of the pool.</summary>
    public IEnumerable<PooledKey> Keys => byRank.Where(rank => rank.Key != KeyRank.LastResort).SelectMany(rank => rank.Value.Keys.ToArray()).OrderBy(key => key.Ordinal);

    /// <summary>Whether a key in this state may serve.</summary>
    public static bool MayServe(KeyStatus status) => status is KeyStatus.New or KeyStatus.Healthy or KeyStatus.Degraded;

    /// <summary>Whether a key may serve, its quota included.</summary>
    public bool Contains(PooledKey key) => byRank.TryGetValue(key.Rank, out var rank) && rank.Contains(key);

    /// <summary>Sorts the keys of a pool.</summary>
    /// <param name="placing">What is known of them.</param>
    /// <param name="keys">All of them, in the order of the pool.</param>
    public static EligibleKeys Of(in KeyPlacing placing, PooledKey[] keys)
    {
        var ranks = new SortedDictionary<int, List<PooledKey>>();
        var kept = ImmutableDictionary.CreateBuilder<Guid, PoolKeyState>();
        var validUntil = placing.FullUntil;
        foreach (var key in keys)
        {
            if (placing.KeptOut(key) is { } state)
            {
                kept.Add(key.Id, state);
                validUntil = Earlier(validUntil, state.Until);
                continue;
            }

            var rank = placing.RankOf(key);
            if (!ranks.TryGetValue(rank, out var equals))
            {
                ranks.Add(rank, equals = new List<PooledKey>(keys.Length));
            }

            equals.Add(key);
        }

        return new EligibleKeys(ranks.ToImmutableSortedDictionary(rank => rank.Key, rank => new Candidates([.. rank.Value])), kept.ToImmutable(), validUntil);
    }

    /// <summary>The same after something was said of a few keys.</summary>
    /// <param name="placing">What is known now.</param>
    /// <param name="changed">The keys, ascending by ordinal.</param>
    public EligibleKeys With(in KeyPlacing placing, List<PooledKey> changed)
    {
        var nowKept = kept;
        var validUntil = Earlier(ValidUntil, placing.FullUntil);
        var comers = new Dictionary<int, List<PooledKey>>();
        foreach (var key in changed)
        {
            if (placing.KeptOut(key) is { } state)
            {
                nowKept = nowKept.SetItem(key.Id, state);
                validUntil = Earlier(validUntil, state.Until);
                continue;
            }

            nowKept = nowKept.Remove(key.Id);
            var rank = placing.RankOf(key);
            if (!comers.TryGetValue(rank, out var equals))
            {
                comers.Add(rank, equals = []);
            }

            equals.Add(key);
        }

        var ranks = byRank;
        foreach (var (rank, candidates) in byRank)
        {
            var next = candidates.With(changed, comers.Remove(rank, out var added) ? added : []);
            ranks = next.Count == 0 ? ranks.Remove(rank) : ranks.SetItem(rank, next);
        }

        foreach (var (rank, added) in comers)
        {
            ranks = ranks.Add(rank, new Candidates([.. added]));
        }

        return new EligibleKeys(ranks, nowKept, validUntil);
    }

    private static DateTimeOffset Earlier(DateTimeOffset known, DateTimeOffset? other) => other < known ? other.Value : known;

    private Dictionary<string, int> Reasons()
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var state in kept.Values)
        {
            var reason = state.Reason is { Length: > 0 } word ? word : state.Status.ToString().ToLowerInvariant();
            counts[reason] = counts.GetValueOrDefault(reason) + 1;
        }

        if (LimitReached > 0)
        {
            counts["limit_reached"] = LimitReached;
        }

        return counts;
    }
}

/// <summary>What is known of the keys of a pool for one model: where each stands.</summary>
/// <param name="View">The pool.</param>
/// <param name="Local">What this replica has seen itself.</param>
/// <param name="Full">Pools whose quota for the model is known to be used up, and until when.</param>
/// <param name="Model">The model.</param>
/// <param name="Now">The clock.</param>
internal readonly record struct KeyPlacing(PoolView View, LocalExclusions Local, ImmutableDictionary<QuotaPool, DateTimeOffset> Full, string Model, DateTimeOffset Now)
{
    /// <summary>When the first full pool has room again.</summary>
    public DateTimeOffset FullUntil
    {
        get
        {
            var first = DateTimeOffset.MaxValue;
            foreach (var (_, until) in Full)
            {
                first = until > Now && until < first ? until : first;
            }

            return first;
        }
    }

    /// <summary>The rank a key has for the model.</summary>
    public int RankOf(PooledKey key) => !Full.IsEmpty && Full.TryGetValue(key.QuotaPool, out var until) && until > Now ? KeyRank.LastResort : key.Rank;

    /// <summary>The state that keeps a key out: the one that lasts longest, for the key is back only when all are over. Null when it may serve.</summary>
    public PoolKeyState? KeptOut(PooledKey key)
    {
        PoolKeyState? latest = null;
        if (View.States.TryGetValue(key.Id, out var published))
        {
            Consider(published, ref latest);
        }

        if (!Local.IsEmpty)
        {
            Consider(Local.Of(key.Id), ref latest);
        }

        return latest;
    }

    private void Consider(ImmutableArray<PoolKeyState> states, ref PoolKeyState? latest)
    {
        foreach (var state in states)
        {
            if (!EligibleKeys.MayServe(state.Status)
                && (state.Until is null || state.Until > Now)
                && (state.Model is null || state.Model == Model)
                && (latest is null || (latest.Until is not null && (state.Until is null || state.Until > latest.Until))))
            {
                latest = state;
            }
        }
    }
}
