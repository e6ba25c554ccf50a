using System.Globalization;
using System.Text.RegularExpressions;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Gemini.Failures;

/// <summary>Reads a 429: which quota, of which period, and until when.</summary>
internal static partial class QuotaFailureReading
{
    private static readonly TimeSpan DefaultMinuteWait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BareWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SpendWait = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan NotOfferedWait = TimeSpan.FromHours(24);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    /// <summary>Reads a 429.</summary>
    /// <param name="error">Its error object.</param>
    /// <param name="retryAfter">The header <c>Retry-After</c>.</param>
    /// <param name="now">The clock.</param>
    /// <param name="jitter">0 to 1: spreads keys that return together.</param>
    public static UpstreamOutcome Read(GeminiError error, TimeSpan? retryAfter, DateTimeOffset now, double jitter)
    {
        if (error.Message.Contains("prepayment credits", StringComparison.OrdinalIgnoreCase) || error.Message.Contains("prepay credits", StringComparison.OrdinalIgnoreCase))
        {
            return new UpstreamOutcome.KeyRefused(KeyFault.Billing);
        }

        if (error.Message.Contains("doesn't have a free quota tier", StringComparison.OrdinalIgnoreCase))
        {
            return NotOffered(null);
        }

        if (error.Violations.Count > 0)
        {
            List<QuotaViolation> others = [.. error.Violations.Where(violation => !IsOfTools(violation.Id) && !IsOfTools(violation.Metric))];
            return others.Count > 0 ? ReadViolations(error with { Violations = others }, retryAfter, now, jitter) : ReadViolations(error, retryAfter, now, jitter) with { IsOfTools = true };
        }

        if (error.Reason == "RATE_LIMIT_EXCEEDED")
        {
            var quota = error.Metadata.GetValueOrDefault("quota_limit");
            var ofTools = IsOfTools(quota) || IsOfTools(error.Metadata.GetValueOrDefault("quota_metric"));
            return !ofTools && error.Metadata.GetValueOrDefault("quota_limit_value") == "0"
                ? new UpstreamOutcome.KeyRefused(KeyFault.RegionBlocked)
                : new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaPerMinute, MinuteWait(error, retryAfter, jitter), quota) { IsOfTools = ofTools };
        }

        var lines = LimitLines(error.Message);
        if (lines.Count > 0)
        {
            // The message says what the details leave out; without a period it is taken for the shorter one.
            var ofTools = lines.TrueForAll(line => IsOfTools(line.Metric));
            var lasting = lines.TrueForAll(line => line.Limit == 0)
                ? NotOffered(lines[0].Model)
                : new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaPerMinute, MinuteWait(error, retryAfter, jitter), null, lines[0].Limit, lines[0].Model);
            return lasting with { IsOfTools = ofTools };
        }

        if (error.Message.Contains("spend", StringComparison.OrdinalIgnoreCase) || error.Message.Contains("10 minutes", StringComparison.OrdinalIgnoreCase))
        {
            return error.Message.Contains("monthly", StringComparison.OrdinalIgnoreCase)
                ? new UpstreamOutcome.KeyRefused(KeyFault.Billing)
                : new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaUnspecified, SpendWait) { IsSpend = true };
        }

        var delay = error.RetryDelay ?? retryAfter;
        return new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaUnspecified, Clamp(delay ?? BareWait) + TimeSpan.FromSeconds(jitter));
    }

    /// <summary>The lines <c>Quota exceeded for metric: …, limit: …, model: …</c> of a message.</summary>
    internal static List<(string Metric, long Limit, string? Model)> LimitLines(string message)
    {
        var lines = new List<(string, long, string?)>();
        foreach (Match match in LimitPattern().Matches(message))
        {
            if (long.TryParse(match.Groups["limit"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
            {
                var model = match.Groups["model"];
                lines.Add((match.Groups["metric"].Value, limit, model.Success ? model.Value.TrimEnd('.') : null));
            }
        }

        return lines;
    }

    private static UpstreamOutcome.QuotaExhausted ReadViolations(GeminiError error, TimeSpan? retryAfter, DateTimeOffset now, double jitter)
    {
        var lines = LimitLines(error.Message);
        var periodsWithoutValue = error.Violations.All(violation => violation.Value is null)
            && error.Violations.Select(violation => PeriodOf(violation.Id)).Distinct().Count() > 1;
        QuotaViolation? daily = null;
        QuotaViolation? other = null;
        foreach (var violation in error.Violations)
        {
            if (IsZero(violation, lines, periodsWithoutValue))
            {
                continue;
            }

            if (PeriodOf(violation.Id) == Period.Day)
            {
                daily ??= violation;
            }
            else
            {
                other ??= violation;
            }
        }

        if (daily is not null)
        {
            // The retry delay of a daily quota is not to be believed; some minutes of jitter keep the keys from returning together.
            var wait = PacificMidnight.After(now) - now + TimeSpan.FromMinutes(1 + (4 * jitter));
            return new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaPerDay, wait, daily.Id, daily.Value, daily.Model);
        }

        return other is null
            ? NotOffered(error.Violations[0].Model, error.Violations[0].Id)
            : new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaPerMinute, MinuteWait(error, retryAfter, jitter), other.Id, other.Value, other.Model);
    }

    /// <summary>Whether a name of a quota is one of Google's search and its like.</summary>
    private static bool IsOfTools(string? name) =>
        name is not null && (name.Contains("search", StringComparison.OrdinalIgnoreCase) || name.Contains("grounding", StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the model is not offered at all under this quota. A zero value is often left out.</summary>
    private static bool IsZero(QuotaViolation violation, List<(string Metric, long Limit, string? Model)> lines, bool periodsWithoutValue)
    {
        if (violation.Value is { } value)
        {
            return value == 0;
        }

        return periodsWithoutValue || lines.Exists(line => line.Limit == 0 && line.Metric == violation.Metric && (violation.Model is null || line.Model is null || line.Model == violation.Model));
    }

    private static UpstreamOutcome.QuotaExhausted NotOffered(string? bucket, string? quotaId = null) =>
        new(UpstreamOutcomeClass.QuotaNotOffered, NotOfferedWait, quotaId, 0, bucket);

    private static TimeSpan MinuteWait(GeminiError error, TimeSpan? retryAfter, double jitter)
    {
        var delay = error.RetryDelay ?? GeminiErrorReader.ParseDelay(RetryPattern().Match(error.Message) is { Success: true } match ? match.Groups["delay"].Value : null) ?? retryAfter;
        return Clamp(delay ?? DefaultMinuteWait) + TimeSpan.FromSeconds(jitter);
    }

    private static TimeSpan Clamp(TimeSpan delay) =>
        delay < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : delay > LongestDelay ? LongestDelay : delay;

    private static Period PeriodOf(string quotaId) =>
        quotaId.Contains("PerDay", StringComparison.Ordinal) ? Period.Day
        : quotaId.Contains("PerHour", StringComparison.Ordinal) ? Period.Hour
        : quotaId.Contains("PerMinute", StringComparison.Ordinal) ? Period.Minute
        : Period.Unknown;

    [GeneratedRegex(@"Quota exceeded for metric: (?<metric>[^\s,]+), limit: (?<limit>\d+)(?:, model: (?<model>\S+))?", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex LimitPattern();

    [GeneratedRegex(@"retry in (?<delay>[0-9.hms]*[hms])", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex RetryPattern();

    private enum Period
    {
        Unknown,
        Minute,
        Hour,
        Day,
    }
}
