using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>Decides what becomes of an access key. Pure.</summary>
internal static class AccessKeyDecider
{
    public static IReadOnlyList<IPoolEvent> Disable(AccessKey key, string by, DateTimeOffset now) =>
        key.Enabled ? [new AccessKeyDisabled(key.Id, by, now)] : [];

    public static IReadOnlyList<IPoolEvent> Enable(AccessKey key, string by, DateTimeOffset now) =>
        key.Enabled ? [] : [new AccessKeyEnabled(key.Id, by, now)];

    public static IReadOnlyList<IPoolEvent> Remove(AccessKey key, string by, DateTimeOffset now) => [new AccessKeyRemoved(key.Id, by, now)];
}
