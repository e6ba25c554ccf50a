using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>A key came into the pool. <paramref name="Fingerprint"/> is a keyed hash: it tells equal keys, and nothing else.</summary>
internal sealed record KeyAdded(Guid KeyId, string Mask, string Fingerprint, string? Label, string? Project, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was given another label; null took it away.</summary>
internal sealed record KeyLabelled(Guid KeyId, string? Label, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was put into a Google project, whose quota it shares; null means the project is unknown again.</summary>
internal sealed record KeyProjectSet(Guid KeyId, string? Project, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was switched off by an operator.</summary>
internal sealed record KeyDisabled(Guid KeyId, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>A key was switched on again; what it is worth has to be found out anew.</summary>
internal sealed record KeyEnabled(Guid KeyId, string By, DateTimeOffset At) : IPoolEvent;

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
