using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>A key came into the pool. <paramref name="Fingerprint"/> is a keyed hash: it tells equal keys, and nothing else.</summary>
internal sealed record KeyAdded(Guid KeyId, string Mask, string Fingerprint, string? Label, string? Project, string By, DateTimeOffset At, KeyTier? Tier = null, string? Tags = null, Guid? ImportId = null) : IPoolEvent;

/// <summary>A key was given another label; null took it away.</summary>
internal sealed record KeyLabelled(Guid KeyId, string? Label, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was put into a Google project, whose quota it shares; null means the project is unknown again.</summary>
internal sealed record KeyProjectSet(Guid KeyId, string? Project, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was switched off by an operator.</summary>
internal sealed record KeyDisabled(Guid KeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was switched on again; what it is worth has to be found out anew.</summary>
internal sealed record KeyEnabled(Guid KeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>How a key is to be chosen was set: what it pays for, its share among equals, and its turn. Null is what holds for everything.</summary>
internal sealed record KeyRoutingSet(Guid KeyId, KeyTier? Tier, int? Weight, int? Priority, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was given other tags, separated by commas; null took them away.</summary>
internal sealed record KeyTagged(Guid KeyId, string? Tags, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was taken out of the pool; its secret stays, so that this can be undone.</summary>
internal sealed record KeyRetired(Guid KeyId, string Reason, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>The last <paramref name="Steps"/> transitions of a key were taken back. What was seen before counts no more.</summary>
internal sealed record KeyTransitionUndone(
    Guid KeyId, int Steps, KeyStatus From, KeyStatus To, string? Reason, DateTimeOffset? Until, int? UpstreamStatus, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key left the pool and its secret was deleted.</summary>
internal sealed record KeyRemoved(Guid KeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key's own health changed. <paramref name="Outcome"/> is the upstream answer it follows from; null when time alone changed it.</summary>
internal sealed record KeyHealthChanged(
    Guid KeyId,
    KeyStatus From,
    KeyStatus To,
    string? Reason,
    DateTimeOffset? Until,
    UpstreamOutcomeClass? Outcome,
    int? UpstreamStatus,
    string By,
    DateTimeOffset At) : IPoolEvent;
