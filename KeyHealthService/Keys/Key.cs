using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Quotas;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>An upstream key as its own events tell it. What its quota pool adds is <see cref="Quota"/>.</summary>
internal sealed record Key
{
    public required Guid Id { get; init; }

    public required string Mask { get; init; }

    public string? Label { get; init; }

    public string? Project { get; init; }

    /// <summary>The quota pool the key draws from.</summary>
    public required string Pool { get; init; }

    /// <summary>New, Healthy, Degraded, Invalid, Forbidden or Disabled: the states that hold for every model.</summary>
    public KeyStatus Status { get; init; }

    public string? Reason { get; init; }

    public int? UpstreamStatus { get; init; }

    public DateTimeOffset Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public DateTimeOffset AddedAt { get; init; }

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
                Version = 1,
            };
        }

        return key is null ? null : Changed(key, happened) is { } changed ? changed with { Version = key.Version + 1 } : null;
    }

    private static Key? Changed(Key key, object happened) => happened switch
    {
        KeyLabelled e => key with { Label = e.Label },
        KeyProjectSet e => key with { Project = e.Project, Pool = QuotaPool.Of(key.Id, e.Project) },
        KeyDisabled e => key.In(KeyStatus.Disabled, e.At),
        KeyEnabled e => key.In(KeyStatus.New, e.At),
        KeyHealthChanged e => key.In(e.To, e.At) with { Reason = e.Reason, Until = e.Until, UpstreamStatus = e.UpstreamStatus },
        KeyRemoved => null,
        _ => throw new InvalidOperationException($"A key's stream holds the event {happened.GetType().Name}, which says nothing about keys."),
    };

    private Key In(KeyStatus status, DateTimeOffset at) =>
        this with { Status = status, Since = status == Status ? Since : at, Reason = null, Until = null, UpstreamStatus = null };
}

/// <summary>Keeps every <see cref="Key"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class KeyProjection : SingleStreamProjection<Key, Guid>
{
    public KeyProjection()
    {
        IncludeType<KeyAdded>();
        IncludeType<KeyLabelled>();
        IncludeType<KeyProjectSet>();
        IncludeType<KeyDisabled>();
        IncludeType<KeyEnabled>();
        IncludeType<KeyRemoved>();
        IncludeType<KeyHealthChanged>();
    }

    public override Key? Evolve(Key? snapshot, Guid id, IEvent e) => Key.After(snapshot, e.Data);
}
