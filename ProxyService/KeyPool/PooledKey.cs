using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>An upstream key of the pool. Its secret is decrypted when it is first used, and only kept in memory.</summary>
/// <param name="key">What the snapshot says of it.</param>
internal sealed class PooledKey(PoolKey key)
{
    private Secret? secret;

    /// <summary>The key's id.</summary>
    public Guid Id => key.Id;

    /// <summary>The Google project it belongs to; null when unknown. Keys of one project share its quota.</summary>
    public string? Project => key.Project;

    /// <summary>The key as the snapshot holds it, secret encrypted.</summary>
    public PoolKey Stored => key;

    /// <summary>Whether the snapshot still says the same.</summary>
    public bool Is(PoolKey other) => key == other;

    /// <summary>The secret.</summary>
    /// <exception cref="SecretUnreadableException">It was changed, or encrypted with another key.</exception>
    public Secret Reveal(SecretEncryption encryption) => secret ??= encryption.Decrypt(key.Id, SecretPurposes.UpstreamKey, key.Secret);
}
