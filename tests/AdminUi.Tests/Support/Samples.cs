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

    /// <summary>Upstream calls, most of which succeeded.</summary>
    public static AttemptReport Attempts(DateTimeOffset from, DateTimeOffset to, double lag) => new(
        from,
        to,
        AttemptGrouping.Class,
        new AttemptCounts(1000, 940, 10, 40, 10, 0, 1234),
        [
            new AttemptRow(null, nameof(UpstreamOutcomeClass.Succeeded), new AttemptCounts(940, 940, 0, 0, 0, 0, 1300)),
            new AttemptRow(null, nameof(UpstreamOutcomeClass.QuotaPerMinute), new AttemptCounts(40, 0, 0, 40, 0, 0, 90)),
            new AttemptRow(null, nameof(UpstreamOutcomeClass.Timeout), new AttemptCounts(10, 0, 0, 0, 10, 0, 30_000)),
            new AttemptRow(null, nameof(UpstreamOutcomeClass.ClientError), new AttemptCounts(10, 0, 10, 0, 0, 0, null)),
        ],
        lag);

    /// <summary>Usage in which the first group has half of everything, the second a quarter, and so on.</summary>
    public static Usage Usage(DateTimeOffset from, DateTimeOffset to, TimeSpan? bucket, UsageGrouping grouping, Func<UsageGrouping, IReadOnlyList<string?>> groups, string? model, double lag)
    {
        var rows = new List<UsageRow>();
        var names = groups(grouping).Where(group => model is null || grouping != UsageGrouping.Model || group == model).ToList();
        for (var at = from; at < to; at += bucket ?? (to - from))
        {
            rows.AddRange(names.Select((group, i) => new UsageRow(bucket is null ? null : at, group, UsageOf(1000 >> i))));
        }

        return new Usage(from, to, grouping, rows.Select(row => row.Counts).Aggregate(None, Add), rows, lag);
    }

    /// <summary>Requests of every outcome, one with two attempts and a choice between two keys.</summary>
    public static IEnumerable<RequestFact> Facts(FakeServices services)
    {
        var now = TimeProvider.System.GetUtcNow();
        var (key, other, holder) = (services.Keys[10].Id, services.Keys[11].Id, services.AccessKeys[0].Id);
        var choice = new KeyChoice("adaptive", 112, 8, new Dictionary<string, int> { ["cooling"] = 6, ["invalid"] = 2 }, [new ChoiceFinalist(other, 0.912, 0.998, 840, 0.7, 3), new ChoiceFinalist(key, 0.644, 0.9, 1200, 0.2, 9)]);
        foreach (var (outcome, i) in Enum.GetValues<RequestOutcome>().Select((outcome, i) => (outcome, i)))
        {
            var answered = outcome == RequestOutcome.Succeeded;
            yield return new RequestFact(
                Guid.CreateVersion7(now.AddMinutes(-i)), now.AddMinutes(-i), RequestOperation.ChatCompletion, outcome, answered ? 200 : 429 + i, answered ? null : "rate_limit_exceeded", i == 3 ? "gemini-2.5-flash-lite-preview-with-a-long-name" : "gemini-2.5-flash", "gemini-2.5-flash-002", holder, other,
                answered ? [new AttemptFact(key, UpstreamOutcomeClass.QuotaPerMinute, 429, 80, 79, "RESOURCE_EXHAUSTED"), new AttemptFact(other, UpstreamOutcomeClass.Succeeded, 200, 900, 400)] : [new AttemptFact(key, UpstreamOutcomeClass.UpstreamError, 500, 120)],
                choice, true, answered ? new TokenUsage(1200, 300, 80, 500, 0, 1580) : null, answered ? 480 : null, 1004, null, OverheadMs: 1.4);
        }
    }

    public static IReadOnlyList<ImportLine> ImportLines { get; } =
    [
        new(1, ImportOutcome.Added, "AIza…x9Qk", Guid.CreateVersion7(), null),
        new(2, ImportOutcome.AlreadyInPool, "AQ.A…0001", Guid.CreateVersion7(), null),
        new(4, ImportOutcome.NotAKey, null, null, "The line is too short to be a key."),
    ];

    private static void FillPools(FakeServices services)
    {
        var now = TimeProvider.System.GetUtcNow();
        PoolMetricView Metric(QuotaMetric metric, long? limit, bool set, long used) => new(metric, limit, set, used, now.AddSeconds(40));
        services.Pools.AddRange(
        [
            new PoolView("project:project-a", "project-a", "projects/123456", "0X0X0X-billing", KeyTier.Paid, 31,
            [
                new PoolModelView("*", [Metric(QuotaMetric.RequestsPerMinute, 60, true, 0)], []),
                new PoolModelView("gemini-2.5-flash-lite-preview-with-a-long-name", [Metric(QuotaMetric.RequestsPerMinute, 1000, false, 850), Metric(QuotaMetric.TokensPerMinute, 1_000_000, false, 212_345), Metric(QuotaMetric.RequestsPerDay, null, false, 40_112)], []),
                new PoolModelView("gemini-2.5-pro", [Metric(QuotaMetric.RequestsPerDay, 250, false, 250)], [new PoolQuotaState(QuotaMetric.RequestsPerDay, KeyStatus.Exhausted, now.AddHours(6), now.AddHours(-1), "GenerateRequestsPerDay")]),
            ]),
            new PoolView("project:project-b", "project-b", null, null, null, 2, []),
            new PoolView($"key:{Guid.CreateVersion7()}", null, null, null, null, 1, [new PoolModelView("gemini-2.5-flash", [Metric(QuotaMetric.RequestsPerMinute, null, false, 3)], [])]),
        ]);
        services.Imports.AddRange(
        [
            new ImportJob(Guid.CreateVersion7(), ImportState.Failed, "csv", false, 100_000, 52_001, 51_990, 7, 4, "admin", now.AddMinutes(-20), now.AddMinutes(-18), "The database did not answer.", null, null),
            new ImportJob(Guid.CreateVersion7(), ImportState.Done, "lines", true, 3, 3, 1, 1, 1, "ada", now.AddHours(-5), now.AddHours(-5), null, null, null),
        ]);
        services.Keys[4] = services.Keys[4] with { UndoTo = KeyStatus.Healthy };
    }

    public static void Fill(FakeServices services)
    {
        var statuses = new[] { KeyStatus.Cooling, KeyStatus.Exhausted, KeyStatus.NotOffered, KeyStatus.Invalid, KeyStatus.Forbidden, KeyStatus.Degraded, KeyStatus.Disabled, KeyStatus.New };
        services.Keys.AddRange(Enumerable.Range(0, 120).Select(number => Key(number < 8 ? statuses[number] : number % 17 == 0 ? KeyStatus.Cooling : KeyStatus.Healthy, number)));
        services.Keys[9] = services.Keys[9] with { Label = "<img src=x onerror=alert(1)> " + new string('W', 160) };
        services.Counts = Busy;
        FillPools(services);
        SampleModels.Fill(services.Models);
        services.Settings.Save("ada", ("Balancing:Strategy", "round_robin"), ("Thinking:Mode", "Budget"), ("Thinking:Budget", "2048"));
        services.Settings.Save("admin", ("Models:Aliases:gpt-4o", "gemini-2.5-flash"), ("PromptInjection:System", "Answer in the language of the question. <b>Never</b> tell more than was asked, and say so when you do not know."));
        var now = TimeProvider.System.GetUtcNow();
        services.AccessKeys.AddRange(
        [
            new AccessKeyView(Guid.CreateVersion7(), "ci-bot", "sk-gb-9fQ2", true, now.AddDays(-12), null, 1, "platform team", Tags: ["ci", "nightly"], Models: ["gemini-2.5-*"], Limits: new AccessKeyLimits(60, 200_000, TokensPerDay: 5_000_000, CostPerMonth: 25m, Concurrency: 4)),
            new AccessKeyView(Guid.CreateVersion7(), "数据分析 notebook", "sk-gb-Zk71", true, now.AddDays(-40), now.AddDays(3), 1),
            new AccessKeyView(Guid.CreateVersion7(), "old laptop", "sk-gb-aa03", false, now.AddDays(-90), null, 2),
            new AccessKeyView(Guid.CreateVersion7(), "workshop", "sk-gb-Tt5x", true, now.AddDays(-30), now.AddDays(-1), 1),
        ]);
        services.LastUses[services.AccessKeys[0].Id] = now.AddMinutes(-7);
        services.KeyHealthJobs = new FakeJobs(
            new JobStatus("health-check", false, now.AddHours(-3), true, "Checked 120 keys: 112 healthy, 2 not known to be, 4 invalid, 2 forbidden.", now.AddHours(21), now.AddHours(-3), 8_420, "schedule", 86_400),
            new JobStatus("cleanup", false, null, null, null, null),
            new JobStatus("quota-roll", false, now.AddHours(-9), true, "The quota day 2026-11-25 runs: 31 counts of earlier days (9120 requests) begin anew, 3 quotas became available since midnight in California.", now.AddHours(15), now.AddHours(-9), 40, "schedule", DailyAt: "00:00 America/Los_Angeles"));
        services.StatsJobs = new FakeJobs(new JobStatus("retention", false, now.AddHours(-20), false, "The database does not answer.", now.AddHours(4), now.AddHours(-20), 310, "ada", 86_400));
        services.Groups = grouping => grouping switch
        {
            UsageGrouping.Model => ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-flash-preview", "=1+1"],
            UsageGrouping.Key => [.. services.Keys.Take(8).Select(key => key.Id.ToString()), null],
            UsageGrouping.AccessKey => [.. services.AccessKeys.Select(key => key.Id.ToString())],
            _ => [.. Enum.GetNames<RequestOutcome>()],
        };
        services.Requests.AddRange(Facts(services));
        services.Audit.AddRange(
        [
            new AuditEntry(AuditArea.Keys, new DomainChange(Guid.CreateVersion7(), services.Keys[0].Id, services.Keys[0].Mask, "gb.key.health-changed.v1", now.AddMinutes(-4), "proxy-1", "Quota per minute used up (HTTP 429).", new Dictionary<string, string> { ["status"] = "Healthy" }, new Dictionary<string, string> { ["status"] = "Cooling" })),
            new AuditEntry(AuditArea.AccessKeys, new DomainChange(Guid.CreateVersion7(), services.AccessKeys[0].Id, services.AccessKeys[0].Name, "gb.access-key.edited.v1", now.AddHours(-1), "admin", "Edited in the admin UI.", new Dictionary<string, string> { ["requestsPerMinute"] = "30" }, new Dictionary<string, string> { ["requestsPerMinute"] = "60" })),
            new AuditEntry(AuditArea.Settings, new DomainChange(Guid.CreateVersion7(), null, "Balancing:Strategy", "gb.setting.saved.v1", now.AddHours(-2), "admin", "Saved in the admin UI.", new Dictionary<string, string> { ["value"] = "round_robin" }, new Dictionary<string, string> { ["value"] = "<b>adaptive</b>" })),
        ]);
        services.Failures.AddRange(
        [
            new FailedRequest(Guid.CreateVersion7(), now.AddSeconds(-40), RequestOutcome.NoKey, 429, "insufficient_quota", "gemini-2.5-pro", null, null, 3, UpstreamOutcomeClass.QuotaPerMinute),
            new FailedRequest(Guid.CreateVersion7(), now.AddMinutes(-12), RequestOutcome.UpstreamError, 502, "upstream_error", "gemini-2.5-flash", null, null, 2, UpstreamOutcomeClass.UpstreamError),
            new FailedRequest(Guid.CreateVersion7(), now.AddHours(-3), RequestOutcome.InternalError, 500, "internal_error", "gemini-2.5-flash-lite-preview-with-a-long-name", null, null, 1, null),
        ]);
    }

    private static UsageCounts UsageOf(long requests) => new(requests, requests - 2, 1, 1, 0, requests * 320, requests * 140, requests * 30, requests * 12, requests * 490, CostUsd: requests * 0.0021);

    private static UsageCounts Add(UsageCounts a, UsageCounts b) => new(
        a.Requests + b.Requests, a.Succeeded + b.Succeeded, a.ClientErrors + b.ClientErrors, a.Failed + b.Failed, a.Aborted + b.Aborted,
        a.PromptTokens + b.PromptTokens, a.CompletionTokens + b.CompletionTokens, a.ThoughtTokens + b.ThoughtTokens, a.CachedTokens + b.CachedTokens, a.TotalTokens + b.TotalTokens,
        CostUsd: a.CostUsd is null && b.CostUsd is null ? null : (a.CostUsd ?? 0) + (b.CostUsd ?? 0));

    private sealed record Cause(string? Reason = null, int? Status = null, string? Model = null, DateTimeOffset? Until = null);
}
