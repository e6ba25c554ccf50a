using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>
/// What failures make of keys and quotas, given all that is known when they arrive. Does no I/O: whatever a decision rests on was loaded before.
/// </summary>
internal sealed class FailureCase(DateTimeOffset now)
{
    /// <summary>How long a pool rests after a 429 that names no quota, while most pools get one: their number says nothing about any of them.</summary>
    private static readonly TimeSpan RestInTrouble = TimeSpan.FromSeconds(5);

    public Dictionary<Guid, Key> Keys { get; } = [];

    public Dictionary<Guid, Quota> Quotas { get; } = [];

    public Dictionary<Guid, QuotaLimits> Limits { get; } = [];

    /// <summary>The last success of a pool with a model.</summary>
    public Dictionary<(string Pool, string Model), DateTimeOffset> Successes { get; } = [];

    /// <summary>When a probe last found a key good.</summary>
    public Dictionary<Guid, DateTimeOffset> FoundGood { get; } = [];

    /// <summary>The classes that are taken for trouble of the upstream or the address at the moment.</summary>
    public HashSet<UpstreamOutcomeClass> Troubles { get; } = [];

    /// <summary>Some keys that can serve a model: enough of them to see whether one is the last.</summary>
    public Dictionary<string, HashSet<Guid>> Usable { get; } = [];

    /// <summary>The keys that share a billing account with a key; the key itself is among them.</summary>
    public Dictionary<Guid, Guid[]> Billed { get; } = [];

    public PendingEvents Pending { get; } = new();

    /// <summary>Decides one failure.</summary>
    public void Judge(KeyAttemptFailure failure, string by, double jitter)
    {
        if (!Keys.TryGetValue(failure.KeyId, out var key))
        {
            return;
        }

        // A proxy's clock may run ahead; nothing that happened lies in the future.
        var at = failure.At < now ? failure.At : now;
        var evidence = new Evidence(failure.Outcome, failure.Status, at, by, key.Id, failure.QuotaId, failure.QuotaLimit);
        var metric = failure.Outcome is UpstreamOutcomeClass.QuotaPerMinute or UpstreamOutcomeClass.QuotaPerDay ? QuotaName.Read(failure.QuotaId).Metric : null;
        var quota = Quotas.GetValueOrDefault(Quota.IdOf(key.Pool, failure.Model, metric)) ?? Quota.Unknown(key.Pool, failure.Model, metric);
        var strikes = QuotaDecider.StrikesOf(quota, Successes.TryGetValue((key.Pool, failure.Model), out var success) ? success : null);
        switch (Blame.Of(failure.Outcome, failure.Reason, at, failure.RetryAfter, jitter, strikes))
        {
            case KeyVerdict when IsOvertaken(failure, at):
                break;
            case KeyVerdict verdict:
                foreach (var id in Billed.GetValueOrDefault(key.Id) ?? [key.Id])
                {
                    Judge(Keys[id], failure.Model, verdict, evidence);
                }

                break;
            case QuotaVerdict verdict:
                Judge(quota, verdict, evidence, strikes, Troubles.Contains(failure.Outcome) && failure is { Outcome: UpstreamOutcomeClass.QuotaUnspecified, Reason: not KeyAttemptFailure.SpendReason });
                Learn(key.Pool, failure, metric, by);
                break;
            default:
                break;
        }
    }

    /// <summary>Takes back what a trouble that shows only now did to keys a moment ago.</summary>
    public void TakeBack(Guid keyId, UpstreamOutcomeClass trouble, DateTimeOffset since)
    {
        if (Keys.TryGetValue(keyId, out var key) && key.Status is KeyStatus.Invalid or KeyStatus.Forbidden)
        {
            Happened(key, KeyDecider.Undo(key, step => step.Outcome == trouble && step.At > since, Causers.Guard, now));
        }
    }

    /// <summary>Whether a probe has found the key good since. A probe passes without money on the account, so that it says nothing about billing.</summary>
    private bool IsOvertaken(KeyAttemptFailure failure, DateTimeOffset at) =>
        failure.Outcome is UpstreamOutcomeClass.KeyInvalid or UpstreamOutcomeClass.KeyForbidden && FoundGood.TryGetValue(failure.KeyId, out var good) && at <= good;

    private void Judge(Key key, string model, KeyVerdict verdict, Evidence evidence)
    {
        var usable = Usable.GetValueOrDefault(model);
        var last = key.MayServe && usable is not null && !usable.Any(id => id != key.Id);
        var guarded = PoolGuard.Temper(verdict, Troubles.Contains(evidence.Outcome), last);
        if (guarded.To is not KeyStatus.Degraded || key.MayServe)
        {
            Happened(key, KeyDecider.Judge(key, guarded, evidence, now));
        }

        if (!Keys[key.Id].MayServe)
        {
            usable?.Remove(key.Id);
        }
    }

    private void Judge(Quota quota, QuotaVerdict verdict, Evidence evidence, int strikes, bool trouble)
    {
        var events = trouble
            ? QuotaDecider.Judge(quota, verdict with { Until = evidence.At + RestInTrouble }, evidence, now, strikes - 1)
            : QuotaDecider.Judge(quota, verdict, evidence, now, strikes);
        Pending.Add(quota.Id, quota.Version, events);
        Quotas[quota.Id] = events.Aggregate(quota, Quota.After);
    }

    private void Learn(string pool, KeyAttemptFailure failure, QuotaMetric? metric, string by)
    {
        if (metric is null || failure is not { QuotaId: { } name, QuotaLimit: { } limit })
        {
            return;
        }

        var limits = Limits.GetValueOrDefault(QuotaLimits.IdOf(pool, failure.Model)) ?? QuotaLimits.Unknown(pool, failure.Model);
        var events = limits.Learn(metric.Value, limit, name, by, now);
        Pending.Add(limits.Id, limits.Version, events);
        Limits[limits.Id] = events.Aggregate(limits, QuotaLimits.After);
    }

    private void Happened(Key key, IReadOnlyList<IPoolEvent> events)
    {
        Pending.Add(key.Id, key.Version, events);
        Keys[key.Id] = events.Aggregate(key, (state, e) => Key.After(state, e)!);
    }

    /// <summary>The upstream named the project of a key that nobody had put into one.</summary>
    public void Place(Key key, string project, string by) => Happened(key, [new KeyProjectSet(key.Id, project, by, now)]);
}
