using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.Health;

/// <summary>The one place that says what an upstream answer means for a key. Pure: time and chance come in from outside.</summary>
internal static class Blame
{
    private const string NotFound = "NOT_FOUND";
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinuteQuota = TimeSpan.FromSeconds(60);

    /// <summary>A 429 that names no quota may mean many things; the wait grows with every one that follows another without a success between them.</summary>
    private static readonly TimeSpan[] UnnamedQuota = [TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5)];
    private static readonly TimeSpan NotOffered = TimeSpan.FromHours(24);

    /// <summary>A model that is closed to new accounts (404, not 429) stays so; a week later it is asked again in case the account was moved.</summary>
    private static readonly TimeSpan ClosedToAccount = TimeSpan.FromDays(7);

    /// <summary>How long an empty billing account keeps its keys out before one request may try again: the check that costs nothing passes without money too.</summary>
    private static readonly TimeSpan Billing = TimeSpan.FromHours(1);

    /// <summary>The verdict of one answer, or null when it blames neither key nor quota.</summary>
    /// <param name="outcome">The answer's class.</param>
    /// <param name="reason">The upstream's own word, if any.</param>
    /// <param name="at">When it arrived: waits count from there, however late the news is.</param>
    /// <param name="retryAfter">The wait the upstream asked for.</param>
    /// <param name="jitter">A number from 0 to 1; spreads the return of keys over a second.</param>
    /// <param name="strikes">How many 429s without a named quota came before this one, without a success between them.</param>
    public static Verdict? Of(UpstreamOutcomeClass outcome, string? reason, DateTimeOffset at, TimeSpan? retryAfter, double jitter, int strikes = 0) => outcome switch
    {
        UpstreamOutcomeClass.Succeeded => new KeyVerdict(KeyStatus.Healthy, null),
        UpstreamOutcomeClass.KeyInvalid => new KeyVerdict(KeyStatus.Invalid, Reasons.OfInvalid(reason)),
        UpstreamOutcomeClass.KeyForbidden when Reasons.OfForbidden(reason) is not Reasons.Billing and var refused => new KeyVerdict(KeyStatus.Forbidden, refused),
        UpstreamOutcomeClass.KeyForbidden or UpstreamOutcomeClass.BillingRequired => new KeyVerdict(KeyStatus.Forbidden, Reasons.Billing, at + Billing),
        UpstreamOutcomeClass.QuotaPerMinute => new QuotaVerdict(QuotaStatus.Cooling, at + Wait(retryAfter) + TimeSpan.FromSeconds(jitter)),
        UpstreamOutcomeClass.QuotaPerDay => new QuotaVerdict(QuotaStatus.Exhausted, PacificMidnight.After(at)),
        UpstreamOutcomeClass.QuotaNotOffered => new QuotaVerdict(QuotaStatus.NotOffered, at + (reason == NotFound ? ClosedToAccount : NotOffered)),
        UpstreamOutcomeClass.QuotaUnspecified => new QuotaVerdict(QuotaStatus.Cooling, at + Longer(UnnamedQuota[Math.Clamp(strikes, 0, UnnamedQuota.Length - 1)], retryAfter)),
        _ => null,
    };

    private static TimeSpan Longer(TimeSpan wait, TimeSpan? asked) => asked is { } other && other > wait ? Wait(other) : wait;

    private static TimeSpan Wait(TimeSpan? asked) => asked switch
    {
        null => MinuteQuota,
        { } wait when wait < ShortestWait => ShortestWait,
        { } wait when wait > LongestWait => LongestWait,
        { } wait => wait,
    };
}
