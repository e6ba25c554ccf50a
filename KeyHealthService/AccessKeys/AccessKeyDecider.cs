using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>Decides what becomes of an access key. Pure.</summary>
internal static class AccessKeyDecider
{
    /// <summary>A new access key with its terms.</summary>
    public static IReadOnlyList<IPoolEvent> Create(Guid id, AccessKeyTerms terms, string prefix, string hash, string by, DateTimeOffset now)
    {
        var created = new AccessKeyCreated(id, terms.Name, prefix, hash, terms.ExpiresAt, by, now);
        return terms == new AccessKeyTerms(terms.Name, terms.ExpiresAt) ? [created] : [created, new AccessKeyEdited(id, terms, by, now)];
    }

    public static IReadOnlyList<IPoolEvent> Edit(AccessKey key, AccessKeyTerms terms, string by, DateTimeOffset now) => [new AccessKeyEdited(key.Id, terms, by, now)];

    /// <summary>Nothing when it was revoked: a revoked key gets no successor.</summary>
    public static IReadOnlyList<IPoolEvent> Rotate(AccessKey key, string prefix, string hash, TimeSpan overlap, string by, DateTimeOffset now) =>
        key.RevokedAt is null ? [new AccessKeyRotated(key.Id, prefix, hash, now + overlap, by, now)] : [];

    public static IReadOnlyList<IPoolEvent> Revoke(AccessKey key, string by, DateTimeOffset now) =>
        key.RevokedAt is null ? [new AccessKeyRevoked(key.Id, by, now)] : [];

    public static IReadOnlyList<IPoolEvent> Disable(AccessKey key, string by, DateTimeOffset now) =>
        key.Enabled ? [new AccessKeyDisabled(key.Id, by, now)] : [];

    /// <summary>Nothing when it was revoked, which is for good.</summary>
    public static IReadOnlyList<IPoolEvent> Enable(AccessKey key, string by, DateTimeOffset now) =>
        key.Enabled || key.RevokedAt is not null ? [] : [new AccessKeyEnabled(key.Id, by, now)];

    public static IReadOnlyList<IPoolEvent> Remove(AccessKey key, string by, DateTimeOffset now) => [new AccessKeyRemoved(key.Id, by, now)];
}
