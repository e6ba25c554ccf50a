using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>Decides what becomes of a quota. Pure.</summary>
internal static class QuotaDecider
{
    /// <summary>The smallest prolongation worth an event: many requests fail on the same empty quota at once.</summary>
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(2);

    /// <summary>Clocks of proxies differ by a little.</summary>
    private static readonly TimeSpan ClockDifference = TimeSpan.FromSeconds(2);

    /// <summary>How many 429s without a named quota came in a row: a success since the last one begins anew.</summary>
    public static int StrikesOf(Quota quota, DateTimeOffset? lastSuccess) => lastSuccess > quota.Since ? 0 : quota.Strikes;

    /// <summary>An upstream answer about the quota arrived. Old news, and what is known already, change nothing.</summary>
    public static IReadOnlyList<QuotaChanged> Judge(Quota quota, QuotaVerdict verdict, Evidence evidence, DateTimeOffset now, int strikes = 0)
    {
        if (verdict.Until <= now || evidence.At + ClockDifference < quota.ResetAt)
        {
            return [];
        }

        var holds = quota.Status != QuotaStatus.Available && quota.Until > now;
        if (holds && (quota.Status > verdict.To || quota.Status == verdict.To) && verdict.Until < quota.Until + Noticeable)
        {
            return [];
        }

        return [new QuotaChanged(
            quota.Id, quota.Pool, quota.Model, quota.Status, verdict.To, verdict.Until,
            evidence.Outcome, evidence.UpstreamStatus, evidence.Quota, evidence.Limit, evidence.KeyId, evidence.By, now, quota.Metric,
            evidence.Outcome == UpstreamOutcomeClass.QuotaUnspecified ? strikes + 1 : null)];
    }

    /// <summary>A passing state whose time is over ends.</summary>
    public static IReadOnlyList<QuotaChanged> Recover(Quota quota, DateTimeOffset now) =>
        quota.Status == QuotaStatus.Available || quota.Until is null || quota.Until > now
            ? []
            : [new QuotaChanged(quota.Id, quota.Pool, quota.Model, quota.Status, QuotaStatus.Available, null, null, null, null, null, null, Causers.Clock, now, quota.Metric)];

    /// <summary>An operator ends a state; what was seen before counts no more.</summary>
    public static IReadOnlyList<QuotaChanged> Reset(Quota quota, string by, DateTimeOffset now) =>
        quota.Status == QuotaStatus.Available
            ? []
            : [new QuotaChanged(quota.Id, quota.Pool, quota.Model, quota.Status, QuotaStatus.Available, null, null, null, null, null, null, by, now, quota.Metric, 0)];
}
