using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>An access key was created. <paramref name="Hash"/> is SHA-256 over 256 random bits: it recognises the key and cannot be turned back.</summary>
internal sealed record AccessKeyCreated(Guid AccessKeyId, string Name, string Prefix, string Hash, DateTimeOffset? ExpiresAt, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>Everything that can be edited of an access key was set, whole.</summary>
internal sealed record AccessKeyEdited(Guid AccessKeyId, AccessKeyTerms Terms, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key got another key; the one before works until <paramref name="OldUntil"/>.</summary>
internal sealed record AccessKeyRotated(Guid AccessKeyId, string Prefix, string Hash, DateTimeOffset OldUntil, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key was revoked: it never works again, and stays in the list.</summary>
internal sealed record AccessKeyRevoked(Guid AccessKeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key was switched off.</summary>
internal sealed record AccessKeyDisabled(Guid AccessKeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key was switched on again.</summary>
internal sealed record AccessKeyEnabled(Guid AccessKeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>An access key was removed for good.</summary>
internal sealed record AccessKeyRemoved(Guid AccessKeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>What can be edited of an access key.</summary>
internal sealed record AccessKeyTerms(
    string Name,
    DateTimeOffset? ExpiresAt = null,
    string? Owner = null,
    string? Note = null,
    IReadOnlyList<string>? Tags = null,
    IReadOnlyList<string>? Models = null,
    IReadOnlyList<string>? Addresses = null,
    AccessKeyLimits? Limits = null);
