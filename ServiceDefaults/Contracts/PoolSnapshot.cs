namespace GeminiBalance.Contracts;

/// <summary>
/// Everything a proxy needs to authenticate clients and choose keys. KeyHealthService writes it to Redis in parts
/// (<see cref="PoolRedisKeys"/>); the proxy keeps it in memory and, encrypted secrets included, on disk.
/// </summary>
/// <param name="Epoch">Changes when the store behind the snapshot was replaced; a snapshot of another epoch shares nothing with this one.</param>
/// <param name="Sequence">Grows by one with every published change.</param>
/// <param name="Keys">The upstream keys.</param>
/// <param name="States">The keys that are not plainly healthy; a key not named here is healthy.</param>
/// <param name="AccessKeys">The access keys of clients.</param>
/// <param name="Quotas">Limits and use of the quota pools, as far as limits are known.</param>
public sealed record PoolSnapshot(
    Guid Epoch,
    long Sequence,
    IReadOnlyList<PoolKey> Keys,
    IReadOnlyList<PoolKeyState> States,
    IReadOnlyList<PoolAccessKey> AccessKeys,
    IReadOnlyList<PoolQuota>? Quotas = null);

/// <summary>Names the parts of a snapshot in Redis. Written last, so that what it names is there.</summary>
/// <param name="Epoch">See <see cref="PoolSnapshot.Epoch"/>.</param>
/// <param name="Sequence">The sequence all parts together stand at.</param>
/// <param name="KeyChunks">Number of key chunks, counted from 0.</param>
/// <param name="AccessKeyChunks">Number of access key chunks, counted from 0.</param>
/// <param name="PublishedAt">When it was written (UTC).</param>
public sealed record PoolHead(Guid Epoch, long Sequence, int KeyChunks, int AccessKeyChunks, DateTimeOffset PublishedAt);

/// <summary>One upstream key of the pool.</summary>
/// <param name="Id">The key's id; also the associated data its secret is encrypted with.</param>
/// <param name="Secret">The encrypted key.</param>
/// <param name="Project">The Google project it belongs to: keys of one project share its quota. Null when unknown.</param>
/// <param name="Tier">What it pays for; null when unknown.</param>
/// <param name="Weight">Its share among equals, from 1 to 1000; null means 100.</param>
/// <param name="Priority">Keys of a lower number are used first, from 0 to 100; null means 50.</param>
public sealed record PoolKey(Guid Id, EncryptedSecret Secret, string? Project, KeyTier? Tier = null, int? Weight = null, int? Priority = null);

/// <summary>A secret encrypted with AES-256-GCM.</summary>
/// <param name="KeyVersion">Which encryption key was used.</param>
/// <param name="Data">Nonce (12 bytes), ciphertext and tag (16 bytes), in base64.</param>
public sealed record EncryptedSecret(int KeyVersion, string Data)
{
    /// <summary>Names the type only: a ciphertext has no place in a log either.</summary>
    public override string ToString() => nameof(EncryptedSecret);
}

/// <summary>The state of a key that is not plainly healthy.</summary>
/// <param name="KeyId">The key.</param>
/// <param name="Status">Its state.</param>
/// <param name="Reason">Why, in a word from a closed set (for example <c>suspended</c>).</param>
/// <param name="Model">The model the state is limited to; null means every model.</param>
/// <param name="Until">When a passing state ends (UTC); null when it does not end by itself.</param>
public sealed record PoolKeyState(Guid KeyId, KeyStatus Status, string? Reason, string? Model, DateTimeOffset? Until);

/// <summary>An access key, as the proxy needs it.</summary>
/// <param name="Id">The access key's id.</param>
/// <param name="Name">What the operator called it.</param>
/// <param name="Hash">SHA-256 of the whole key, lower-case hex.</param>
/// <param name="Enabled">False when it was disabled.</param>
/// <param name="ExpiresAt">When it stops working (UTC); null means never.</param>
/// <param name="Models">The models it may use, a trailing <c>*</c> standing for any rest; null means all.</param>
/// <param name="Addresses">The networks it may be used from; null means all.</param>
/// <param name="Limits">Its limits; null means none.</param>
/// <param name="OldHash">SHA-256 of the key before the last rotation.</param>
/// <param name="OldHashUntil">Until when that one works (UTC).</param>
public sealed record PoolAccessKey(
    Guid Id,
    string Name,
    string Hash,
    bool Enabled,
    DateTimeOffset? ExpiresAt,
    IReadOnlyList<string>? Models = null,
    IReadOnlyList<string>? Addresses = null,
    AccessKeyLimits? Limits = null,
    string? OldHash = null,
    DateTimeOffset? OldHashUntil = null);

/// <summary>One change of the pool, sent to every proxy over <see cref="PoolRedisKeys.Changes"/>. A gap in <paramref name="Sequence"/> means: read the whole snapshot again.</summary>
/// <param name="Epoch">See <see cref="PoolSnapshot.Epoch"/>.</param>
/// <param name="Sequence">The sequence the pool stands at after this change.</param>
/// <param name="Keys">Keys added or changed.</param>
/// <param name="RemovedKeys">Keys that left the pool.</param>
/// <param name="States">New states, whole per key: every entry of a key replaces all earlier ones of that key.</param>
/// <param name="Healthy">Keys that are plainly healthy again.</param>
/// <param name="AccessKeys">Access keys added or changed.</param>
/// <param name="RemovedAccessKeys">Access keys that no longer exist.</param>
public sealed record PoolChange(
    Guid Epoch,
    long Sequence,
    IReadOnlyList<PoolKey> Keys,
    IReadOnlyList<Guid> RemovedKeys,
    IReadOnlyList<PoolKeyState> States,
    IReadOnlyList<Guid> Healthy,
    IReadOnlyList<PoolAccessKey> AccessKeys,
    IReadOnlyList<Guid> RemovedAccessKeys);

/// <summary>Where the parts of a snapshot lie in Redis. All values are JSON (<see cref="ContractsJson"/>).</summary>
public static class PoolRedisKeys
{
    /// <summary>The most entries one chunk holds.</summary>
    public const int ChunkSize = 1000;

    /// <summary>A <see cref="PoolHead"/>.</summary>
    public const string Head = "gb:pool:head";

    /// <summary>An array of <see cref="PoolKeyState"/>.</summary>
    public const string States = "gb:pool:states";

    /// <summary>The channel on which every <see cref="PoolChange"/> is published.</summary>
    public const string Changes = "gb:pool:changes";

    /// <summary>
    /// A hash: its field <c>epoch</c> is <see cref="PoolSnapshot.Epoch"/>, every other one, named by pool, line feed and model, a <see cref="PoolQuota"/>.
    /// </summary>
    public const string Quotas = "gb:pool:quotas";

    /// <summary>The channel on which every <see cref="PoolQuotaChange"/> is published.</summary>
    public const string QuotaChanges = "gb:pool:quota-changes";

    /// <summary>A sorted set of the last seconds' <see cref="PoolHint"/>, by the Unix milliseconds at which they were told.</summary>
    public const string Hints = "gb:pool:hints";

    /// <summary>The channel on which every <see cref="PoolHint"/> is published.</summary>
    public const string HintChanges = "gb:pool:hint-changes";

    /// <summary>An array of <see cref="PoolKey"/>.</summary>
    /// <param name="number">The chunk's number, from 0.</param>
    public static string KeyChunk(int number) => $"gb:pool:keys:{number}";

    /// <summary>An array of <see cref="PoolAccessKey"/>.</summary>
    /// <param name="number">The chunk's number, from 0.</param>
    public static string AccessKeyChunk(int number) => $"gb:pool:access-keys:{number}";
}
