using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>An access key was created. <paramref name="Hash"/> is SHA-256 over 256 random bits: it recognises the key and cannot be turned back.</summary>
internal sealed record AccessKeyCreated(Guid AccessKeyId, string Name, string Prefix, string Hash, DateTimeOffset? ExpiresAt, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key was switched off.</summary>
internal sealed record AccessKeyDisabled(Guid AccessKeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key was switched on again.</summary>
internal sealed record AccessKeyEnabled(Guid AccessKeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key was removed for good.</summary>
internal sealed record AccessKeyRemoved(Guid AccessKeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key as its events tell it.</summary>
internal sealed record AccessKey
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public required string Prefix { get; init; }

    public required string Hash { get; init; }

    public bool Enabled { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Number of events in the stream.</summary>
    public long Version { get; init; }

    public AccessKeyView View => new(Id, Name, Prefix, Enabled, CreatedAt, ExpiresAt, Version);

    public PoolAccessKey ForPool => new(Id, Name, Hash, Enabled, ExpiresAt);

    /// <summary>The state after one more event; null once the access key was removed.</summary>
    public static AccessKey? After(AccessKey? key, object happened) => happened switch
    {
        AccessKeyCreated e => new AccessKey
        {
            Id = e.AccessKeyId,
            Name = e.Name,
            Prefix = e.Prefix,
            Hash = e.Hash,
            Enabled = true,
            CreatedAt = e.At,
            ExpiresAt = e.ExpiresAt,
            Version = 1,
        },
        _ when key is null => null,
        AccessKeyDisabled => key with { Enabled = false, Version = key.Version + 1 },
        AccessKeyEnabled => key with { Enabled = true, Version = key.Version + 1 },
        AccessKeyRemoved => null,
        _ => throw new InvalidOperationException($"An access key's stream holds the event {happened.GetType().Name}, which says nothing about access keys."),
    };
}

/// <summary>Keeps every <see cref="AccessKey"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class AccessKeyProjection : SingleStreamProjection<AccessKey, Guid>
{
    public AccessKeyProjection()
    {
        IncludeType<AccessKeyCreated>();
        IncludeType<AccessKeyDisabled>();
        IncludeType<AccessKeyEnabled>();
        IncludeType<AccessKeyRemoved>();
    }

    public override AccessKey? Evolve(AccessKey? snapshot, Guid id, IEvent e) => AccessKey.After(snapshot, e.Data);
}
