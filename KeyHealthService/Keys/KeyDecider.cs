using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>Decides what becomes of a key. Pure: what is asked, the state and the time make the events.</summary>
internal static class KeyDecider
{
    /// <summary>Clocks of proxies differ by a little; evidence older than that and than the last transition is history.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(2);

    /// <summary>Changes what an operator says about a key; null leaves a value, an empty text or list clears it.</summary>
    public static IReadOnlyList<IPoolEvent> Edit(Key key, EditKey edit, string by, DateTimeOffset now)
    {
        var (label, project) = (edit.Label, edit.Project);
        var events = new List<IPoolEvent>(2);
        if (label is not null && Cleared(label) != key.Label)
        {
            events.Add(new KeyLabelled(key.Id, Cleared(label), by, now));
        }

        if (project is not null && Cleared(project) != key.Project)
        {
            events.Add(new KeyProjectSet(key.Id, Cleared(project), by, now));
        }

        var routing = new KeyRoutingSet(key.Id, edit.Tier ?? key.Tier, edit.Weight ?? key.Weight, edit.Priority ?? key.Priority, by, now);
        if (routing.Tier != key.Tier || routing.Weight != key.Weight || routing.Priority != key.Priority)
        {
            events.Add(routing);
        }

        if (edit.Tags?.Select(tag => tag.Trim()).Where(tag => tag.Length > 0).Distinct().ToArray() is { } tags && !tags.SequenceEqual(key.Tags))
        {
            events.Add(new KeyTagged(key.Id, tags.Length == 0 ? null : string.Join(',', tags), by, now));
        }

        return events;
    }

    public static IReadOnlyList<IPoolEvent> Disable(Key key, string by, DateTimeOffset now) =>
        key.Status is KeyStatus.Disabled or KeyStatus.Retired ? [] : [new KeyDisabled(key.Id, by, now)];

    /// <summary>Switches a disabled key on, or takes a retired one back.</summary>
    public static IReadOnlyList<IPoolEvent> Enable(Key key, string by, DateTimeOffset now) =>
        key.Status is KeyStatus.Disabled or KeyStatus.Retired ? [new KeyEnabled(key.Id, by, now)] : [];

    public static IReadOnlyList<IPoolEvent> Retire(Key key, string reason, string by, DateTimeOffset now) =>
        key.Status == KeyStatus.Retired ? [] : [new KeyRetired(key.Id, reason, by, now)];

    /// <summary>Takes back the last transition.</summary>
    public static IReadOnlyList<IPoolEvent> Undo(Key key, string by, DateTimeOffset now) => UndoLast(key, 1, by, now);

    /// <summary>Takes back the last transitions that all have a cause: an older one below another cause stays, because what came later rests on it.</summary>
    public static IReadOnlyList<IPoolEvent> Undo(Key key, Func<KeyStep, bool> caused, string by, DateTimeOffset now) =>
        UndoLast(key, key.Trail.Reverse().TakeWhile(caused).Count(), by, now);

    private static IReadOnlyList<IPoolEvent> UndoLast(Key key, int steps, string by, DateTimeOffset now)
    {
        if (steps == 0 || key.Trail.Count < steps)
        {
            return [];
        }

        var first = key.Trail[^steps];
        return [new KeyTransitionUndone(key.Id, steps, key.Status, first.Before, first.Reason, first.Until, first.UpstreamStatus, by, now)];
    }

    public static IReadOnlyList<IPoolEvent> Remove(Key key, string by, DateTimeOffset now) => [new KeyRemoved(key.Id, by, now)];

    /// <summary>An upstream answer about the key arrived. A disabled key stays as the operator left it, a dead one dead until it is seen to work; old news and what is known already change nothing.</summary>
    public static IReadOnlyList<IPoolEvent> Judge(Key key, KeyVerdict verdict, Evidence evidence, DateTimeOffset now)
    {
        if (key.Status is KeyStatus.Disabled or KeyStatus.Retired || evidence.At + ClockDifference < key.Since)
        {
            return [];
        }

        // A probe asks for the list of models, which Google answers without a cent on the account. Where no time ends the state, only a probe can.
        var cleared = verdict.To == KeyStatus.Healthy && evidence.By == Causers.Probe;
        if (cleared && key is { Status: KeyStatus.Forbidden, Reason: Reasons.Billing, Until: not null })
        {
            return [];
        }

        // An account that is filled again brings nothing to a key that is dead by itself: time must not bring it back.
        if (verdict.Until is not null && IsDead(key))
        {
            return [];
        }

        var known = key.Status == verdict.To && key.Reason == verdict.Reason && (key.Until is not null || verdict.Until is null);
        return known
            ? []
            : [new KeyHealthChanged(key.Id, key.Status, verdict.To, verdict.Reason, verdict.Until, evidence.Outcome, evidence.UpstreamStatus, evidence.By, now)];
    }

    /// <summary>A passing state whose time is over ends: the key may try again, and is not called healthy before it was seen to be.</summary>
    public static IReadOnlyList<IPoolEvent> Recover(Key key, DateTimeOffset now) =>
        key.Status is KeyStatus.Disabled or KeyStatus.Retired || key.Until is null || key.Until > now
            ? []
            : [new KeyHealthChanged(key.Id, key.Status, KeyStatus.Degraded, key.Reason, null, null, null, Causers.Clock, now)];

    /// <summary>Whether the key itself is refused, and not for a while.</summary>
    private static bool IsDead(Key key) => key.Status == KeyStatus.Invalid || key is { Status: KeyStatus.Forbidden, Reason: not Reasons.Billing };

    private static string? Cleared(string value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
