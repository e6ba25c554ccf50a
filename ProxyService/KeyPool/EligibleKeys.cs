using System.Collections.Immutable;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>Which keys may serve a model. Computed when something changes, not per request.</summary>
/// <param name="Keys">The keys that may serve.</param>
/// <param name="Excluded">How many may not.</param>
/// <param name="ValidUntil">When the first of those that may not comes back.</param>
/// <param name="QuotaReturnsAt">When the first key waiting for quota comes back; null when none waits.</param>
/// <param name="NotOffered">How many are kept out because the model is not offered to them.</param>
internal sealed record EligibleKeys(PooledKey[] Keys, int Excluded, DateTimeOffset ValidUntil, DateTimeOffset? QuotaReturnsAt, int NotOffered)
{
    /// <summary>Whether a key in this state may serve.</summary>
    public static bool MayServe(KeyStatus status) => status is KeyStatus.New or KeyStatus.Healthy or KeyStatus.Degraded;

    /// <summary>Sorts the keys of a pool.</summary>
    /// <param name="view">The pool.</param>
    /// <param name="local">What this replica has seen itself.</param>
    /// <param name="model">The model.</param>
    /// <param name="now">The clock.</param>
    public static EligibleKeys Of(PoolView view, LocalExclusions local, string model, DateTimeOffset now)
    {
        if (view.States.IsEmpty && local.IsEmpty)
        {
            return new EligibleKeys(view.Keys, 0, DateTimeOffset.MaxValue, null, 0);
        }

        var eligible = new List<PooledKey>(view.Keys.Length);
        var validUntil = DateTimeOffset.MaxValue;
        DateTimeOffset? quotaReturnsAt = null;
        var notOffered = 0;
        foreach (var key in view.Keys)
        {
            var exclusion = Latest(view.States.GetValueOrDefault(key.Id, []), local.Of(key.Id), model, now);
            if (exclusion is null)
            {
                eligible.Add(key);
                continue;
            }

            if (exclusion.Until is { } until)
            {
                validUntil = until < validUntil ? until : validUntil;
                if (exclusion.Status is KeyStatus.Cooling or KeyStatus.Exhausted && (quotaReturnsAt is null || until < quotaReturnsAt))
                {
                    quotaReturnsAt = until;
                }
            }

            notOffered += exclusion.Status == KeyStatus.NotOffered ? 1 : 0;
        }

        // Without an exclusion the pool's own array serves, whatever the model: memory does not grow with model names.
        var keys = eligible.Count == view.Keys.Length ? view.Keys : [.. eligible];
        return new EligibleKeys(keys, view.Keys.Length - eligible.Count, validUntil, quotaReturnsAt, notOffered);
    }

    /// <summary>The exclusion that lasts longest, for a key is back only when all of them are over.</summary>
    private static PoolKeyState? Latest(ImmutableArray<PoolKeyState> published, ImmutableArray<PoolKeyState> local, string model, DateTimeOffset now)
    {
        PoolKeyState? latest = null;
        Consider(published);
        Consider(local);
        return latest;

        void Consider(ImmutableArray<PoolKeyState> states)
        {
            foreach (var state in states)
            {
                if (!MayServe(state.Status)
                    && (state.Until is null || state.Until > now)
                    && (state.Model is null || state.Model == model)
                    && (latest is null || (latest.Until is not null && (state.Until is null || state.Until > latest.Until))))
                {
                    latest = state;
                }
            }
        }
    }
}
