using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.Reporting;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>What a failed call means for its key: kept out here at once, and told to KeyHealthService. Only outcomes that blame a key or its quota do anything.</summary>
/// <param name="pool">The pool of this replica.</param>
/// <param name="failures">Where failures are told.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyConsequences(LivePool pool, IFailureReport failures, TimeProvider time)
{
    /// <summary>KeyHealthService decides within this time; until then this replica leaves the key alone.</summary>
    private static readonly TimeSpan UntilDecided = TimeSpan.FromMinutes(10);

    /// <summary>Draws the consequences.</summary>
    /// <param name="key">The key.</param>
    /// <param name="model">The model asked for.</param>
    /// <param name="outcome">How the call ended.</param>
    /// <param name="status">The upstream's status.</param>
    public void Apply(PooledKey key, string model, UpstreamOutcome outcome, int? status)
    {
        switch (outcome)
        {
            case UpstreamOutcome.KeyRefused refused:
                pool.Exclude(key, refused.Class == UpstreamOutcomeClass.KeyInvalid ? KeyStatus.Invalid : KeyStatus.Forbidden, null, UntilDecided);
                Report(key, model, refused, status, ReasonOf(refused), null, null, null);
                break;
            case UpstreamOutcome.QuotaExhausted quota:
                pool.Exclude(key, StatusOf(quota.Class), model, quota.Wait);
                Report(key, model, quota, status, quota.Reason, quota.QuotaId, quota.Limit, quota.Wait);
                break;
        }
    }

    private static KeyStatus StatusOf(UpstreamOutcomeClass quota) => quota switch
    {
        UpstreamOutcomeClass.QuotaPerDay => KeyStatus.Exhausted,
        UpstreamOutcomeClass.QuotaNotOffered => KeyStatus.NotOffered,
        _ => KeyStatus.Cooling,
    };

    /// <summary>Where Google's own word says less than the message did, the word of the fault.</summary>
    private static string? ReasonOf(UpstreamOutcome.KeyRefused refused) => refused.Fault switch
    {
        KeyFault.Leaked => "LEAKED",
        KeyFault.Suspended => "CONSUMER_SUSPENDED",
        KeyFault.Denied => "PROJECT_DENIED",
        KeyFault.TypeRejected => "ACCESS_TOKEN_TYPE_UNSUPPORTED",
        _ => refused.Reason,
    };

    private void Report(PooledKey key, string model, UpstreamOutcome outcome, int? status, string? reason, string? quotaId, long? limit, TimeSpan? wait) =>
        failures.Report(new KeyAttemptFailure(key.Id, model, time.GetUtcNow(), outcome.Class, status ?? 0, reason, quotaId, limit, wait, RequestRecord.TraceParent, outcome.Project));
}
