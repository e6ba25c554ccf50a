using GeminiBalance.Contracts;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>Records with plausible values.</summary>
public static class Samples
{
    public const string NewAccessKey = "sk-gb-Ab12cdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU0";

    public static UsageCounts None { get; } = new(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    public static string Mask(string key) => $"{key[..4]}…{key[^4..]}";

    public static KeyView Key(KeyStatus status, int number = 0)
    {
        var now = TimeProvider.System.GetUtcNow();
        var cause = status switch
        {
            KeyStatus.Cooling => new Cause("quota_per_minute", 429, "gemini-2.5-pro", now.AddSeconds(55)),
            KeyStatus.Exhausted => new Cause("quota_per_day", 429, "gemini-2.5-pro", now.AddHours(6)),
            KeyStatus.NotOffered => new Cause("not_offered", 429, "gemini-3-ultra-preview", now.AddHours(20)),
            KeyStatus.Invalid => new Cause("invalid", 400),
            KeyStatus.Forbidden => new Cause("suspended", 403),
            KeyStatus.Degraded => new Cause("UNAVAILABLE", 503),
            KeyStatus.Disabled => new Cause("operator"),
            _ => new Cause(),
        };
        return new KeyView(
            Guid.CreateVersion7(), $"{(number % 3 == 0 ? "AQ.A" : "AIza")}…{number:x4}", $"team {number / 10} key {number}", number % 4 == 3 ? null : $"project-{(char)('a' + (number % 4))}",
            status, cause.Reason, cause.Model, cause.Status, now.AddHours(-3).AddMinutes(-number), cause.Until, now.AddDays(-number), now.AddMinutes(-number - 1), now.AddMinutes(number % 30), 3);
    }

    public static Overview Overview(DateTimeOffset from, DateTimeOffset to, TimeSpan bucket, Func<DateTimeOffset, UsageCounts> counts, double lag)
    {
        var buckets = new List<OverviewBucket>();
        for (var at = from; at < to; at += bucket)
        {
            var happened = counts(at);
            var wave = 1 + (0.3 * Math.Sin(at.Ticks / (double)TimeSpan.TicksPerHour));
            buckets.Add(new OverviewBucket(at, happened,
                happened.Succeeded == 0 ? null : new LatencyQuantiles(happened.Succeeded, 1100 * wave, 2100 * wave, 3100 * wave, 5200 * wave),
                happened.Succeeded == 0 ? null : new LatencyQuantiles(happened.Succeeded, 420 * wave, 700 * wave, 900 * wave, 1300 * wave)));
        }

        var sum = buckets.Select(row => row.Counts).Aggregate(None, Add);
        var settled = sum.Requests - sum.Aborted;
        return new Overview(from, to, sum, sum.Requests / (to - from).TotalMinutes,
            sum.Requests == 0 ? null : 1 - ((double)sum.Failed / sum.Requests),
            settled == 0 ? null : (double)(sum.ClientErrors + sum.Failed) / settled,
            sum.Requests == 0 ? 0 : 4,
            sum.Requests == 0 ? null : new LatencyQuantiles(sum.Succeeded, 1120, 2150, 3120, 5300),
            sum.Requests == 0 ? null : new LatencyQuantiles(sum.Succeeded, 430, 720, 940, 1350),
            buckets, lag);
    }

    public static UsageCounts Busy(DateTimeOffset at)
    {
        var requests = 200 + (long)(120 * Math.Sin(at.ToUnixTimeSeconds() / 9000d));
        return new UsageCounts(requests, requests - 16, 7, 5, 4, requests * 320, requests * 140, requests * 30, requests * 12, requests * 490);
    }

    public static void Fill(FakeServices services)
    {
        var statuses = new[] { KeyStatus.Cooling, KeyStatus.Exhausted, KeyStatus.NotOffered, KeyStatus.Invalid, KeyStatus.Forbidden, KeyStatus.Degraded, KeyStatus.Disabled, KeyStatus.New };
        services.Keys.AddRange(Enumerable.Range(0, 120).Select(number => Key(number < 8 ? statuses[number] : number % 17 == 0 ? KeyStatus.Cooling : KeyStatus.Healthy, number)));
        services.Keys[9] = services.Keys[9] with { Label = "<img src=x onerror=alert(1)> " + new string('W', 160) };
        services.Counts = Busy;
        var now = TimeProvider.System.GetUtcNow();
        services.AccessKeys.AddRange(
        [
            new AccessKeyView(Guid.CreateVersion7(), "ci-bot", "sk-gb-9fQ2", true, now.AddDays(-12), null, 1),
            new AccessKeyView(Guid.CreateVersion7(), "数据分析 notebook", "sk-gb-Zk71", true, now.AddDays(-40), now.AddDays(3), 1),
            new AccessKeyView(Guid.CreateVersion7(), "old laptop", "sk-gb-aa03", false, now.AddDays(-90), null, 2),
            new AccessKeyView(Guid.CreateVersion7(), "workshop", "sk-gb-Tt5x", true, now.AddDays(-30), now.AddDays(-1), 1),
        ]);
        services.Failures.AddRange(
        [
            new FailedRequest(Guid.CreateVersion7(), now.AddSeconds(-40), RequestOutcome.NoKey, 429, "insufficient_quota", "gemini-2.5-pro", null, null, 3, UpstreamOutcomeClass.QuotaPerMinute),
            new FailedRequest(Guid.CreateVersion7(), now.AddMinutes(-12), RequestOutcome.UpstreamError, 502, "upstream_error", "gemini-2.5-flash", null, null, 2, UpstreamOutcomeClass.UpstreamError),
            new FailedRequest(Guid.CreateVersion7(), now.AddHours(-3), RequestOutcome.InternalError, 500, "internal_error", "gemini-2.5-flash-lite-preview-with-a-long-name", null, null, 1, null),
        ]);
    }

    private static UsageCounts Add(UsageCounts a, UsageCounts b) => new(
        a.Requests + b.Requests, a.Succeeded + b.Succeeded, a.ClientErrors + b.ClientErrors, a.Failed + b.Failed, a.Aborted + b.Aborted,
        a.PromptTokens + b.PromptTokens, a.CompletionTokens + b.CompletionTokens, a.ThoughtTokens + b.ThoughtTokens, a.CachedTokens + b.CachedTokens, a.TotalTokens + b.TotalTokens);

    private sealed record Cause(string? Reason = null, int? Status = null, string? Model = null, DateTimeOffset? Until = null);
}
