using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>An upstream key of the pool. Its secret is decrypted when it is first used, and only kept in memory.</summary>
internal sealed class PooledKey
{
    private const int MostModels = 200;
    private static long lastOrdinal;

    private readonly PoolKey key;
    private readonly ConcurrentDictionary<string, ModelLoad> loads;
    private readonly ModelLoad otherModels;
    private ModelLoad? latest;
    private Secret? secret;

    /// <summary>Makes a key that was not known before.</summary>
    /// <param name="key">What the snapshot says of it.</param>
    /// <param name="quotaPool">Where its quota is drawn from.</param>
    public PooledKey(PoolKey key, QuotaPool quotaPool)
        : this(key, quotaPool, Interlocked.Increment(ref lastOrdinal), new(StringComparer.Ordinal), new ModelLoad("", new KeyLoad()))
    {
    }

    private PooledKey(PoolKey key, QuotaPool quotaPool, long ordinal, ConcurrentDictionary<string, ModelLoad> loads, ModelLoad otherModels)
    {
        this.key = key;
        this.loads = loads;
        this.otherModels = otherModels;
        QuotaPool = quotaPool;
        Ordinal = ordinal;
        Rank = KeyRank.Of(key);
    }

    /// <summary>The key's id.</summary>
    public Guid Id => key.Id;

    /// <summary>The Google project it belongs to; null when unknown. Keys of one project share its quota.</summary>
    public string? Project => key.Project;

    /// <summary>Where its quota is drawn from: its project's pool, or one of its own.</summary>
    public QuotaPool QuotaPool { get; }

    /// <summary>Its place among all keys; never changes while the key is in the pool.</summary>
    public long Ordinal { get; }

    /// <summary>Keys of a lower rank are used first.</summary>
    public int Rank { get; }

    /// <summary>Its share among equals, from 1 to 1000.</summary>
    public int Weight => key.Weight ?? 100;

    /// <summary>The key as the snapshot holds it, secret encrypted.</summary>
    public PoolKey Stored => key;

    /// <summary>Whether the snapshot still says the same.</summary>
    public bool Is(PoolKey other) => key == other;

    /// <summary>The same key after something about it was changed; what was seen of it goes along.</summary>
    /// <param name="changed">What the snapshot says now.</param>
    /// <param name="quotaPool">Where its quota is drawn from now.</param>
    public PooledKey With(PoolKey changed, QuotaPool quotaPool) => new(changed, quotaPool, Ordinal, loads, otherModels);

    /// <summary>What this replica sees of the key for a model. Model names come from clients: beyond a bound they share one.</summary>
    public KeyLoad LoadOf(string model)
    {
        // Most keys serve one model at a time, and a look-up costs more than the rest of a choice.
        if (latest is { } seen && seen.Model == model)
        {
            return seen.Load;
        }

        if (!loads.TryGetValue(model, out var load))
        {
            load = loads.Count < MostModels ? loads.GetOrAdd(model, static name => new ModelLoad(name, new KeyLoad())) : otherModels;
        }

        latest = load;
        return load.Load;
    }

    /// <summary>The secret.</summary>
    /// <exception cref="SecretUnreadableException">It was changed, or encrypted with another key.</exception>
    public Secret Reveal(SecretEncryption encryption) => secret ??= encryption.Decrypt(key.Id, SecretPurposes.UpstreamKey, key.Secret);

    private sealed record ModelLoad(string Model, KeyLoad Load);
}

/// <summary>The order in which keys are used, whatever the strategy.</summary>
internal static class KeyRank
{
    /// <summary>The rank of keys that are used when nothing else is left: their quota is known to be used up.</summary>
    public const int LastResort = int.MaxValue;

    private const int DefaultPriority = 50;

    /// <summary>A lower priority number first; among equals free keys before paid ones. A key of unknown tier counts as free.</summary>
    public static int Of(PoolKey key) => ((key.Priority ?? DefaultPriority) * 2) + (key.Tier == KeyTier.Paid ? 1 : 0);
}
