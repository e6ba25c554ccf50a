using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>Decides what becomes of a key. Pure: what is asked, the state and the time make the events.</summary>
internal static class KeyDecider
{
    /// <summary>Clocks of proxies differ by a little; evidence older than that and than the last transition is history.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(2);

    /// <summary>Changes label and project; null leaves a value, an empty text clears it.</summary>
    public static IReadOnlyList<IPoolEvent> Edit(Key key, string? label, string? project, string by, DateTimeOffset now)
    {
        var events = new List<IPoolEvent>(2);
        if (label is not null && Cleared(label) != key.Label)
        {
            events.Add(new KeyLabelled(key.Id, Cleared(label), by, now));
        }

        if (project is not null && Cleared(project) != key.Project)
        {
            events.Add(new KeyProjectSet(key.Id, Cleared(project), by, now));
        }

        return events;
    }

    public static IReadOnlyList<IPoolEvent> Disable(Key key, string by, DateTimeOffset now) =>
        key.Status == KeyStatus.Disabled ? [] : [new KeyDisabled(key.Id, by, now)];

    public static IReadOnlyList<IPoolEvent> Enable(Key key, string by, DateTimeOffset now) =>
        key.Status == KeyStatus.Disabled ? [new KeyEnabled(key.Id, by, now)] : [];

    public static IReadOnlyList<IPoolEvent> Remove(Key key, string by, DateTimeOffset now) => [new KeyRemoved(key.Id, by, now)];

    /// <summary>An upstream answer about the key arrived. A disabled key stays as the operator left it; old news and what is known already change nothing.</summary>
    public static IReadOnlyList<IPoolEvent> Judge(Key key, KeyVerdict verdict, Evidence evidence, DateTimeOffset now)
    {
        if (key.Status == KeyStatus.Disabled || evidence.At + ClockDifference < key.Since)
        {
            return [];
        }

        // A probe asks for the list of models, which Google answers without a cent on the account.
        var cleared = verdict.To == KeyStatus.Healthy;
        if (cleared && key is { Status: KeyStatus.Forbidden, Reason: Reasons.Billing })
        {
            return [];
        }

        var known = key.Status == verdict.To && key.Reason == verdict.Reason;
        return known
            ? []
            : [new KeyHealthChanged(key.Id, key.Status, verdict.To, verdict.Reason, verdict.Until, evidence.Outcome, evidence.UpstreamStatus, evidence.By, now)];
    }

    /// <summary>A passing state whose time is over ends: the key may try again, and is not called healthy before it was seen to be.</summary>
    public static IReadOnlyList<IPoolEvent> Recover(Key key, DateTimeOffset now) =>
        key.Status is KeyStatus.Disabled || key.Until is null || key.Until > now
            ? []
            : [new KeyHealthChanged(key.Id, key.Status, KeyStatus.Degraded, key.Reason, null, null, null, Causers.Clock, now)];

    private static string? Cleared(string value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
