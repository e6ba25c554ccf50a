namespace GeminiBalance.Contracts;

/// <summary>Upstream calls that failed and blame a key or its quota pool. KeyHealthService decides what follows.</summary>
/// <param name="BatchId">UUIDv7; also the message id on the bus.</param>
/// <param name="Proxy">Name of the proxy replica that saw them.</param>
/// <param name="Failures">The failed calls, oldest first.</param>
public sealed partial record KeyAttemptsFailed(Guid BatchId, string Proxy, IReadOnlyList<KeyAttemptFailure> Failures);

/// <summary>One failed upstream call.</summary>
/// <param name="KeyId">The key used.</param>
/// <param name="Model">The model asked for.</param>
/// <param name="At">When the answer arrived (UTC).</param>
/// <param name="Outcome">A class that blames the key or its quota pool.</param>
/// <param name="Status">The upstream's HTTP status.</param>
/// <param name="Reason">The upstream's <c>ErrorInfo.reason</c> or <c>status</c>, from a closed alphabet (A-Z and underscore); never the message, which may hold a key.</param>
/// <param name="QuotaId">The exhausted quota's id, when one was named.</param>
/// <param name="QuotaLimit">That quota's limit, when given.</param>
/// <param name="RetryAfter">The wait the upstream asked for.</param>
/// <param name="TraceParent">W3C <c>traceparent</c> of the request, so that its trace goes on to the key's stream.</param>
/// <param name="Project">The project the upstream named in its error's metadata, as <c>projects/123</c>.</param>
public sealed record KeyAttemptFailure(
    Guid KeyId,
    string Model,
    DateTimeOffset At,
    UpstreamOutcomeClass Outcome,
    int Status,
    string? Reason,
    string? QuotaId,
    long? QuotaLimit,
    TimeSpan? RetryAfter,
    string? TraceParent,
    string? Project = null)
{
    /// <summary>The <see cref="Reason"/> of a 429 that names no quota but speaks of a limit to what may be spent: its wait holds, whatever other pools get.</summary>
    public const string SpendReason = "SPEND_LIMIT";
}
