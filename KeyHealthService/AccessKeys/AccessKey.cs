using GeminiBalance.Contracts;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.AccessKeys;

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

    /// <summary>The terms of the last edit; null when it was never edited.</summary>
    public AccessKeyTerms? Terms { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The hash before the last rotation.</summary>
    public string? OldHash { get; init; }

    public DateTimeOffset? OldHashUntil { get; init; }

    /// <summary>Number of events in the stream.</summary>
    public long Version { get; init; }

    public AccessKeyView View => new(
        Id, Name, Prefix, Enabled, CreatedAt, ExpiresAt, Version, Terms?.Owner, Terms?.Note, Terms?.Tags, Terms?.Models, Terms?.Addresses, Terms?.Limits, RevokedAt, OldHashUntil);

    public PoolAccessKey ForPool => new(Id, Name, Hash, Enabled, ExpiresAt, Terms?.Models, Terms?.Addresses, Terms?.Limits, OldHash, OldHashUntil);

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
        AccessKeyEdited e => key with { Name = e.Terms.Name, ExpiresAt = e.Terms.ExpiresAt, Terms = e.Terms, Version = key.Version + 1 },
        AccessKeyRotated e => key with { Prefix = e.Prefix, Hash = e.Hash, OldHash = key.Hash, OldHashUntil = e.OldUntil, Version = key.Version + 1 },
        AccessKeyRevoked e => key with { Enabled = false, RevokedAt = e.At, OldHash = null, OldHashUntil = null, Version = key.Version + 1 },
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
        IncludeType<AccessKeyEdited>();
        IncludeType<AccessKeyRotated>();
        IncludeType<AccessKeyRevoked>();
        IncludeType<AccessKeyDisabled>();
        IncludeType<AccessKeyEnabled>();
        IncludeType<AccessKeyRemoved>();
    }

    public override AccessKey? Evolve(AccessKey? snapshot, Guid id, IEvent e) => AccessKey.After(snapshot, e.Data);
}
