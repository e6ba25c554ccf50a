namespace GeminiBalance.Contracts;

/// <summary>Takes back what a cause did to keys and quotas between two times.</summary>
/// <param name="Cause">An outcome class (<c>KeyForbidden</c>), a reason (<c>suspended</c>), or who caused it (<c>probe</c>, a proxy's or an operator's name).</param>
/// <param name="From">Begin of the time (UTC), included.</param>
/// <param name="To">End of the time (UTC), not included.</param>
/// <param name="DryRun">Only say what would be taken back.</param>
public sealed record UndoTransitions(string Cause, DateTimeOffset From, DateTimeOffset To, bool DryRun);

/// <summary>What was taken back, or would be.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Keys">How many keys.</param>
/// <param name="Quotas">How many quotas.</param>
/// <param name="Examples">The first of them.</param>
public sealed record UndoneTransitions(bool DryRun, int Keys, int Quotas, IReadOnlyList<UndoneTransition> Examples);

/// <summary>One transition taken back.</summary>
/// <param name="KeyId">The key; null for a quota.</param>
/// <param name="Pool">The quota pool; null for a key.</param>
/// <param name="Model">The quota's model; null for a key.</param>
/// <param name="From">The state it was in.</param>
/// <param name="To">The state it returns to.</param>
public sealed record UndoneTransition(Guid? KeyId, string? Pool, string? Model, KeyStatus From, KeyStatus To);

/// <summary>Something that keeps KeyHealthService from acting on failures: too many keys fail alike, which is trouble of the upstream or of the address, not of keys.</summary>
/// <param name="Outcome">The class they fail with.</param>
/// <param name="Since">Since when (UTC).</param>
/// <param name="Until">When it ends unless failures go on (UTC).</param>
/// <param name="Failing">How many keys failed alike within ten seconds.</param>
/// <param name="Serving">How many keys could serve.</param>
public sealed record PoolAlarm(UpstreamOutcomeClass Outcome, DateTimeOffset Since, DateTimeOffset Until, int Failing, int Serving);
