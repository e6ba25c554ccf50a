using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Store;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>Decides what becomes of a quota. Pure.</summary>
internal static class QuotaDecider
{
    /// <summary>The smallest prolongation worth an event: many requests fail on the same empty quota at once.</summary>
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(2);

    /// <summary>An upstream answer about the quota arrived. Old news, and what is known already, change nothing.</summary>
    public static IReadOnlyList<QuotaChanged> Judge(Quota quota, QuotaVerdict verdict, Evidence evidence, DateTimeOffset now)
    {
        if (verdict.Until <= now)
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
            evidence.Outcome, evidence.UpstreamStatus, evidence.Quota, evidence.Limit, evidence.KeyId, evidence.By, now)];
    }

    /// <summary>A passing state whose time is over ends.</summary>
    public static IReadOnlyList<QuotaChanged> Recover(Quota quota, DateTimeOffset now) =>
        quota.Status == QuotaStatus.Available || quota.Until is null || quota.Until > now
            ? []
            : [new QuotaChanged(quota.Id, quota.Pool, quota.Model, quota.Status, QuotaStatus.Available, null, null, null, null, null, null, Causers.Clock, now)];
}
