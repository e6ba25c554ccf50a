using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Quotas;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>An upstream key as its own events tell it. What its quota pool adds is <see cref="Quota"/>.</summary>
internal sealed record Key
{
    /// <summary>How many transitions can be undone one by one.</summary>
    private const int LongestTrail = 10;

    public required Guid Id { get; init; }

    public required string Mask { get; init; }

    public string? Label { get; init; }

    public string? Project { get; init; }

    /// <summary>The quota pool the key draws from.</summary>
    public required string Pool { get; init; }

    /// <summary>New, Healthy, Degraded, Invalid, Forbidden, Disabled or Retired: the states that hold for every model.</summary>
    public KeyStatus Status { get; init; }

    public string? Reason { get; init; }

    public int? UpstreamStatus { get; init; }

    public DateTimeOffset Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public DateTimeOffset AddedAt { get; init; }

    public KeyTier? Tier { get; init; }

    public int? Weight { get; init; }

    public int? Priority { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The import that brought it.</summary>
    public Guid? ImportId { get; init; }

    /// <summary>The latest transitions, oldest first, each with the state it ended: what an undo goes back to.</summary>
    public IReadOnlyList<KeyStep> Trail { get; init; } = [];

    public bool MayServe => Status is KeyStatus.New or KeyStatus.Healthy or KeyStatus.Degraded;

    /// <summary>Number of events in the stream.</summary>
    public long Version { get; init; }

    /// <summary>The state after one more event; null once the key was removed.</summary>
    public static Key? After(Key? key, object happened)
    {
        if (happened is KeyAdded added)
        {
            return new Key
            {
                Id = added.KeyId,
                Mask = added.Mask,
                Label = added.Label,
                Project = added.Project,
                Pool = QuotaPool.Of(added.KeyId, added.Project),
                Status = KeyStatus.New,
                Since = added.At,
                AddedAt = added.At,
                Tier = added.Tier,
                Tags = Words(added.Tags),
                ImportId = added.ImportId,
                Version = 1,
            };
        }

        return key is null ? null : Changed(key, happened) is { } changed ? changed with { Version = key.Version + 1 } : null;
    }

    private static Key? Changed(Key key, object happened) => happened switch
    {
        KeyLabelled e => key with { Label = e.Label },
        KeyProjectSet e => key with { Project = e.Project, Pool = QuotaPool.Of(key.Id, e.Project) },
        KeyRoutingSet e => key with { Tier = e.Tier, Weight = e.Weight, Priority = e.Priority },
        KeyTagged e => key with { Tags = Words(e.Tags) },
        KeyDisabled e => key.In(KeyStatus.Disabled, e.At, null, e.By),
        KeyEnabled e => key.In(KeyStatus.New, e.At, null, e.By),
        KeyRetired e => key.In(KeyStatus.Retired, e.At, null, e.By) with { Reason = e.Reason },
        KeyHealthChanged e => key.In(e.To, e.At, e.Outcome, e.By) with { Reason = e.Reason, Until = e.Until, UpstreamStatus = e.UpstreamStatus },
        KeyTransitionUndone e => key with
        {
            Status = e.To,
            Reason = e.Reason,
            Until = e.Until,
            UpstreamStatus = e.UpstreamStatus,
            Since = e.At,
            Trail = [.. key.Trail.SkipLast(e.Steps)],
        },
        KeyRemoved => null,
        _ => throw new InvalidOperationException($"A key's stream holds the event {happened.GetType().Name}, which says nothing about keys."),
    };

    private Key In(KeyStatus status, DateTimeOffset at, UpstreamOutcomeClass? outcome, string by) => this with
    {
        Status = status,
        Since = status == Status ? Since : at,
        Reason = null,
        Until = null,
        UpstreamStatus = null,
        Trail = [.. Trail.TakeLast(LongestTrail - 1), new KeyStep(Status, Reason, Until, UpstreamStatus, outcome, by, at)],
    };

    private static IReadOnlyList<string> Words(string? tags) => tags?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [];
}

/// <summary>One transition of a key: the state it ended, and what caused it.</summary>
/// <param name="Before">The state before.</param>
/// <param name="Reason">That state's reason.</param>
/// <param name="Until">When that state would have ended by itself.</param>
/// <param name="UpstreamStatus">The HTTP status that had caused it.</param>
/// <param name="Outcome">The answer that caused the transition; null when none did.</param>
/// <param name="By">Who or what caused it.</param>
/// <param name="At">When.</param>
internal sealed record KeyStep(KeyStatus Before, string? Reason, DateTimeOffset? Until, int? UpstreamStatus, UpstreamOutcomeClass? Outcome, string By, DateTimeOffset At);

/// <summary>Keeps every <see cref="Key"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class KeyProjection : SingleStreamProjection<Key, Guid>
{
    public KeyProjection()
    {
        IncludeType<KeyAdded>();
        IncludeType<KeyLabelled>();
        IncludeType<KeyProjectSet>();
        IncludeType<KeyRoutingSet>();
        IncludeType<KeyTagged>();
        IncludeType<KeyRetired>();
        IncludeType<KeyTransitionUndone>();
        IncludeType<KeyDisabled>();
        IncludeType<KeyEnabled>();
        IncludeType<KeyRemoved>();
        IncludeType<KeyHealthChanged>();
    }

    public override Key? Evolve(Key? snapshot, Guid id, IEvent e) => Key.After(snapshot, e.Data);
}
