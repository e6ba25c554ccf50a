using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>
/// Tells dead keys from trouble that looks like dead keys, as far as this replica sees: when more than half of the pool fails alike within ten seconds, it is the
/// upstream or our address. KeyHealthService decides the same for all replicas; this holds until it has.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class PoolTrouble(TimeProvider time)
{
    private const int FewestFailing = 3;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<UpstreamOutcomeClass, Dictionary<QuotaPool, (PooledKey Key, long At)>> failing = [];

    /// <summary>Notes a failure.</summary>
    /// <param name="key">The key that failed.</param>
    /// <param name="outcome">How.</param>
    /// <param name="pools">How many quota pools there are.</param>
    /// <returns>The keys that failed like this lately, when they are too many to be to blame themselves; else null.</returns>
    public IReadOnlyList<PooledKey>? Note(PooledKey key, UpstreamOutcomeClass outcome, int pools)
    {
        lock (gate)
        {
            if (!failing.TryGetValue(outcome, out var alike))
            {
                failing.Add(outcome, alike = []);
            }

            alike[key.QuotaPool] = (key, time.GetTimestamp());
            if (alike.Count < FewestFailing || alike.Count * 2 <= pools)
            {
                return null;
            }

            foreach (var (pool, seen) in alike)
            {
                if (time.GetElapsedTime(seen.At) > Window)
                {
                    alike.Remove(pool);
                }
            }

            return alike.Count >= FewestFailing && alike.Count * 2 > pools ? [.. alike.Values.Select(seen => seen.Key)] : null;
        }
    }
}
