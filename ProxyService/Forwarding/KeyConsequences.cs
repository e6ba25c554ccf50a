using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Gemini.Failures;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.ProxyService.Reporting;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>
/// What a failed call means for its key: kept out here at once, hinted to the other replicas, and told to KeyHealthService, which decides. Only outcomes that blame
/// a key or its quota do anything; and when most of the pool fails alike, no key is to blame.
/// </summary>
/// <param name="pool">The pool of this replica.</param>
/// <param name="hints">Where the other replicas are told.</param>
/// <param name="failures">Where KeyHealthService is told.</param>
/// <param name="trouble">Tells dead keys from trouble of the upstream.</param>
/// <param name="tools">Which pools rest for Google's own tools.</param>
/// <param name="time">The clock.</param>
internal sealed class KeyConsequences(LivePool pool, IPoolHints hints, IFailureReport failures, PoolTrouble trouble, ToolRests tools, TimeProvider time)
{
    /// <summary>KeyHealthService decides within this time; until then this replica leaves the key alone.</summary>
    private static readonly TimeSpan UntilDecided = TimeSpan.FromMinutes(10);

    /// <summary>How long a pool rests for a refusal that most pools get: nothing is known of any of them.</summary>
    private static readonly TimeSpan RestInTrouble = TimeSpan.FromSeconds(5);

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
                Refuse(key, model, refused);
                Report(key, model, refused, status, ReasonOf(refused), null, null, null);
                break;
            case UpstreamOutcome.QuotaExhausted { IsOfTools: true } ofTools:
                // What the model answers without them is another matter.
                tools.Rest(key.QuotaPool, model, ofTools.Wait);
                break;
            case UpstreamOutcome.QuotaExhausted quota:
                Rest(key, model, quota);
                Report(key, model, quota, status, quota.IsSpend ? KeyAttemptFailure.SpendReason : quota.Reason, quota.QuotaId, quota.Limit, quota.Wait);
                break;
        }
    }

    private void Refuse(PooledKey key, string model, UpstreamOutcome.KeyRefused refused)
    {
        if (trouble.Note(key, refused.Class, Pools) is { } alike)
        {
            foreach (var other in alike)
            {
                pool.Lift(other, null);
            }

            return;
        }

        // The last key of a model is kept unless Google says that it is no key.
        var isNone = refused.Class == UpstreamOutcomeClass.KeyInvalid;
        if (isNone || pool.EligibleFor(model) is not { Count: <= 1 })
        {
            KeepOut(key, isNone ? KeyStatus.Invalid : KeyStatus.Forbidden, null, UntilDecided);
        }
    }

    private void Rest(PooledKey key, string model, UpstreamOutcome.QuotaExhausted quota)
    {
        // A quota that is named is the pool's own, whatever the others get.
        if (quota.Class != UpstreamOutcomeClass.QuotaUnspecified || quota.IsSpend || trouble.Note(key, quota.Class, Pools) is not { } alike)
        {
            KeepOut(key, StatusOf(quota.Class), model, quota.Wait);

            // Some names share the quota of another one, which Google names then.
            if (quota.Bucket is { } bucket && bucket != model)
            {
                KeepOut(key, StatusOf(quota.Class), bucket, quota.Wait);
            }

            return;
        }

        foreach (var other in alike)
        {
            pool.Lift(other, model);
            pool.Exclude(other, KeyStatus.Cooling, model, RestInTrouble < quota.Wait ? RestInTrouble : quota.Wait);
        }
    }

    private int Pools => pool.View?.QuotaPoolCount ?? 0;

    private void KeepOut(PooledKey key, KeyStatus status, string? model, TimeSpan duration)
    {
        pool.Exclude(key, status, model, duration);
        hints.Tell(key, status, model, duration);
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
