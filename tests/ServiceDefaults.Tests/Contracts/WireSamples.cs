using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;

namespace GeminiBalance.ServiceDefaults.Tests.Contracts;

/// <summary>One value of every contract, with every field set somewhere and every nullable one left out somewhere.</summary>
internal static class WireSamples
{
    private static readonly SettingView Setting = new("Balancing:Strategy", "weighted", "Choice", "adaptive", null, null, ["adaptive", "weighted"], "How keys are chosen.");
    private static readonly SettingView SettingInForce = Setting with
    {
        Value = null,
        Layers = [new("environment", "weighted", ["proxy-1"]), new("default", "adaptive")],
        Services = ["proxy"],
    };

    private static readonly Guid A = Guid.Parse("0198c0de-0000-7000-8000-00000000000a");
    private static readonly Guid B = Guid.Parse("0198c0de-0000-7000-8000-00000000000b");
    private static readonly AttemptCounts Calls = new(10, 5, 1, 2, 1, 1, 812.5);
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly ContractsJson Json = ContractsJson.Default;

    private static readonly RequestFact Answered = new(B, At, RequestOperation.ChatCompletion, RequestOutcome.Succeeded, 200, null, "gemini-2.5-flash", "gemini-2.5-flash", A, B,
        [new AttemptFact(A, UpstreamOutcomeClass.QuotaPerMinute, 429, 12.5), new AttemptFact(B, UpstreamOutcomeClass.Succeeded, 200, 340.25)],
        new KeyChoice("round_robin", 3, 1), true, new TokenUsage(10, 20, 5, 2, 1, 36), 120.5, 352.75, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

    /// <summary>With what later fields were added; the one above proves that facts without them are still written and read as they were.</summary>
    private static readonly RequestFact Estimated = Answered with
    {
        Outcome = RequestOutcome.Aborted,
        Status = 499,
        Attempts = [new AttemptFact(A, UpstreamOutcomeClass.QuotaPerMinute, 429, 12.5, 11.25, "RESOURCE_EXHAUSTED"), new AttemptFact(B, UpstreamOutcomeClass.Cancelled, 200, 340.25, 80)],
        Choice = new KeyChoice("adaptive", 3, 2, new Dictionary<string, int> { ["cooling"] = 1, ["invalid"] = 1 },
            [new ChoiceFinalist(B, 0.875, 0.99, 340.5, 0.5, 2), new ChoiceFinalist(A, 0.25)]),
        Tokens = new TokenUsage(10, 20, 0, 0, 0, 30, 4, 8),
        Estimated = true,
        OverheadMs = 1.5,
        Recovered = true,
        ClientRequestId = "client-7",
    };

    private static readonly RequestFact Refused = new(A, At, RequestOperation.ChatCompletion, RequestOutcome.ClientError, 400, "invalid_value", null, null, A, null, [], null, false, null, null, 0.5, null);

    private static readonly PoolKey Key = new(B, new EncryptedSecret(1, "bm9uY2UgY2lwaGVydGV4dCB0YWc="), "alpha");
    private static readonly PoolKey KeyWithoutProject = new(A, new EncryptedSecret(2, "bm9uY2UgY2lwaGVydGV4dCB0YWc="), null);
    private static readonly PoolQuota Quota = new("project:alpha", "gemini-2.5-pro", [new QuotaWindow(QuotaMetric.RequestsPerMinute, 10, 4, At)]);
    private static readonly PoolKeyState Cooling = new(B, KeyStatus.Cooling, "quota_per_minute", "gemini-2.5-pro", At);
    private static readonly PoolKeyState Disabled = new(A, KeyStatus.Disabled, null, null, null);
    private static readonly PoolAccessKey Access = new(A, "ci", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", true, At);
    private static readonly PoolAccessKey AccessForEver = new(B, "notebook", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", false, null);

    private static readonly KeyView Suspended = new(A, "AIza…x9Qk", "team a", "alpha", KeyStatus.Forbidden, "suspended", null, 403, At, null, At, At, null, 4);
    private static readonly KeyView CoolingKey = new(B, "AIza…y7Zz", null, null, KeyStatus.Cooling, "quota_per_minute", "gemini-2.5-pro", 429, At, At.AddMinutes(1), At, null, At.AddHours(1), 2);
    private static readonly AccessKeyView AccessKey = new(A, "ci", "sk-gb-4fTq", true, At, At.AddDays(30), 1);

    private static readonly DomainChange Cooled = new(A, B, "AIza…x9Qk", "gb.key.cooled.v1", At, "proxy-1", "A per-minute quota is used up.",
        new Dictionary<string, string> { ["status"] = "Healthy" }, new Dictionary<string, string> { ["status"] = "Cooling", ["until"] = "2026-11-23T12:01:00Z" });
    private static readonly DomainChange SignedIn = new(B, null, "admin", "gb.operator.signed-in.v1", At, "admin", "Signed in.");

    private static readonly ModelPrice Priced = new("gemini-2.5-pro",
        [new PricePeriod(null, At, new PriceRates(1.25, 10, 0.125, 1.5, 12), new PriceRates(2.5, 15)), new PricePeriod(At, null, new PriceRates(2, 12))], false);
    private static readonly AccessKeyLimits Limits = new(60, 100_000, 1000, 1_000_000, 20_000_000, 1.5m, 20m, 8);

    private static readonly UpstreamModel ListedModel = new("gemini-2.5-pro", "Gemini 2.5 Pro", "Thinks.", "2.5", 1_048_576, 65_536, ["countTokens", "generateContent"], true);
    private static readonly ModelProfileOverride Profile = new("budget", 128, 32_768, false, "MEDIUM,XHIGH", true, true, false, false, false, 8, false, true, 65_536);
    private static readonly ModelView Model = new("gemini-2.5-pro", true, ListedModel, At, At, At, ["gpt-4o"], ["gemini-2.5-flash"], Profile, 12);
    private static readonly ModelView BareModel = new("gemini-9", false, null, null, null, null, [], [], null, 0);

    private static readonly UsageCounts Counts = new(10, 6, 1, 2, 1, 100, 200, 50, 20, 350);
    private static readonly LatencyQuantiles Latency = new(10, 120.5, 340, 410.25, 900);

    public static IReadOnlyDictionary<string, (object Value, JsonTypeInfo Type)> All { get; } = new Dictionary<string, (object, JsonTypeInfo)>
    {
        ["requests-completed.v1"] = (new RequestsCompleted(A, "proxy-1", [Answered, Refused]), Json.RequestsCompleted),
        ["request-fact.v1"] = (Answered, Json.RequestFact),
        ["requests-completed.v1.segment"] = (new RequestsCompleted(A, "proxy-1", [Estimated], B), Json.RequestsCompleted),
        ["request-fact.v1.estimated"] = (Estimated, Json.RequestFact),
        ["segments-closed.v1"] = (new[] { new SegmentClosed("proxy-1", A, At, At.AddMinutes(5), 2000, 123456) }, Json.SegmentClosedArray),
        ["segment-verdicts.v1"] = (new[] { new SegmentVerdict(A, SegmentState.Confirmed, 2000, 123456), new SegmentVerdict(B, SegmentState.Incomplete, 0, 0) }, Json.SegmentVerdictArray),
        ["key-attempts-failed.v1"] = (new KeyAttemptsFailed(A, "proxy-1",
        [
            new KeyAttemptFailure(B, "gemini-2.5-flash", At, UpstreamOutcomeClass.QuotaPerDay, 429, "RESOURCE_EXHAUSTED", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", 250, TimeSpan.FromSeconds(51.6), null),
            new KeyAttemptFailure(A, "gemini-2.5-pro", At, UpstreamOutcomeClass.KeyInvalid, 400, "API_KEY_INVALID", null, null, null, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ]), Json.KeyAttemptsFailed),
        ["key-changed.v1"] = (new KeyChanged(A, [Cooled]), Json.KeyChanged),
        ["access-key-changed.v1"] = (new AccessKeyChanged(A, [SignedIn with { SubjectId = A, Subject = "ci", Kind = "gb.access-key.revoked.v1", Cause = "Revoked." }]), Json.AccessKeyChanged),
        ["published-settings.v1"] = (new PublishedSettings(A, 3, new Dictionary<string, string> { ["Balancing:Strategy"] = "weighted" }), Json.PublishedSettings),
        ["encrypted-secret.v1"] = (new EncryptedSecret(1, "AAAA"), Json.EncryptedSecret),
        ["published-settings-secrets.v1"] = (
            new PublishedSettings(A, 3, new Dictionary<string, string> { ["Balancing:Strategy"] = "weighted" }, new Dictionary<string, PublishedSecret> { ["Upstream:Proxies"] = new(B, new(1, "AAAA")) }), Json.PublishedSettings),
        ["settings-report.v1"] = (new SettingsReport("proxy", "proxy-1", 3, null, [new("Balancing:Strategy", "weighted", "environment")]), Json.SettingsReport),
        ["settings-view-layers.v1"] = (
            new SettingsView(3, [SettingInForce, SettingInForce with { Value = "round_robin", Effective = "round_robin", Source = "ui" }], [new("proxy", "proxy-1", At, 3), new("stats", "stats-1", At, 2, "refused")]),
            Json.SettingsView),
        ["settings-view.v1"] = (new SettingsView(3, [Setting]), Json.SettingsView),
        ["setting-view.v1"] = (Setting, Json.SettingView),
        ["change-settings.v1"] = (new ChangeSettings(3, new Dictionary<string, string?> { ["Balancing:Strategy"] = "weighted" }), Json.ChangeSettings),
        ["rollback-settings.v1"] = (new RollbackSettings(2), Json.RollbackSettings),
        ["rollback-settings.v1.expected"] = (new RollbackSettings(2, 5), Json.RollbackSettings),
        ["settings-versions.v1"] = (new[] { new SettingsVersion(3, At, "ada", 1, [new SettingChange("Balancing:Strategy", null, "weighted")]) }, Json.SettingsVersionArray),
        ["setting-changes.v1"] = (new[] { new SettingChange("Thinking:Mode", "Level", null) }, Json.SettingChangeArray),
        ["models-view.v1"] = (new ModelsView(3, At, "ada", [Model, BareModel], [new ModelAlias("gpt-4o", "gemini-2.5-pro-search"), new ModelAlias("old", "gemini-1.5-pro", false, false)]), Json.ModelsView),
        ["model-view.v1"] = (Model, Json.ModelView),
        ["model-alias.v1"] = (new ModelAlias("gpt-4o", "gemini-2.5-pro"), Json.ModelAlias),
        ["model-diff.v1"] = (new ModelDiff("5f1e", true, false, 12, [ListedModel], [new ModelChange("gemini-2.5-pro", "outputTokenLimit", "65536", null)], ["gemini-1.5-pro"], ["gemini-2.0-flash"], ["gemini-1.0-pro"]), Json.ModelDiff),
        ["sync-models.v1"] = (new SyncModels(true, "5f1e", ["gemini-1.5-pro"]), Json.SyncModels),
        ["set-model-alias.v1"] = (new SetModelAlias("gemini-2.5-pro", 3), Json.SetModelAlias),
        ["set-model-fallbacks.v1"] = (new SetModelFallbacks(["gemini-2.5-flash"]), Json.SetModelFallbacks),
        ["set-model-profile.v1"] = (new SetModelProfile(Profile, 3), Json.SetModelProfile),
        ["settings-changed.v1"] = (new SettingsChanged(A, [Cooled with { SubjectId = null, Subject = "Balancing:Strategy", Kind = "gb.settings.saved.v1", Cause = "Saved." }]), Json.SettingsChanged),
        ["model-changed.v1"] = (new ModelChanged(A, [SignedIn with { Subject = "gemini-2.5-pro", Kind = "gb.model.disabled.v1", Cause = "Disabled." }]), Json.ModelChanged),
        ["operator-acted.v1"] = (new OperatorActed(A, [SignedIn]), Json.OperatorActed),
        ["audit-entry.v1"] = (new AuditEntry(AuditArea.Keys, Cooled), Json.AuditEntry),
        ["audit-page.v1"] = (new AuditPage([new AuditEntry(AuditArea.Operators, SignedIn), new AuditEntry(AuditArea.Keys, Cooled)], "0198c0de"), Json.AuditPage),
        ["job.v1"] = (new JobStatus("retention", false, At, false, "The database refused.", At), Json.JobStatus),
        ["rebuilds.v1"] = (new[] { new RebuildStatus("usage_per_key", RebuildState.Running, 5, 10, At, null, null), new RebuildStatus("audit_log", RebuildState.Failed, 0, 0, At, At, "Why.") }, Json.RebuildStatusArray),
        ["rebuild.v1"] = (new RebuildStatus("usage_per_key", RebuildState.Succeeded, 10, 10, At, At, null), Json.RebuildStatus),
        ["jobs.v1"] = (new[]
        {
            new JobStatus("retention", true, At, true, "Deleted 12 batches older than 90 days.", At.AddDays(1)),
            new JobStatus("model-sync", false, null, null, null, null),
        }, Json.JobStatusArray),
        ["jobs.v1.runner"] = (new[]
        {
            new JobStatus("cleanup", true, At, true, "Retired 2 dead keys.", At.AddHours(1), At.AddMinutes(1), 1250, "ada", 3600),
            new JobStatus("quota-roll", false, null, null, null, At, DailyAt: "00:00 America/Los_Angeles"),
        }, Json.JobStatusArray),
        ["pool-snapshot.v1"] = (new PoolSnapshot(A, 42, [Key, KeyWithoutProject], [Cooling, Disabled], [Access, AccessForEver]), Json.PoolSnapshot),
        ["pool-head.v1"] = (new PoolHead(A, 42, 2, 1, At), Json.PoolHead),
        ["pool-change.v1"] = (new PoolChange(A, 43, [Key], [A], [Cooling], [A], [Access], [B]), Json.PoolChange),
        ["pool-keys.v1"] = (new[] { Key, KeyWithoutProject }, Json.PoolKeyArray),
        ["pool-states.v1"] = (new[] { Cooling, Disabled }, Json.PoolKeyStateArray),
        ["key-usage-reported.v1"] = (new KeyUsageReported(A, "proxy-1", At, [new KeyUsage(B, "gemini-2.5-flash", 12, 10, 3400, 800, 1250.5)]), Json.KeyUsageReported),
        ["key-attempts-failed.v1.project"] = (new KeyAttemptsFailed(A, "proxy-1",
            [new KeyAttemptFailure(B, "gemini-2.5-flash", At, UpstreamOutcomeClass.KeyForbidden, 403, "CONSUMER_SUSPENDED", null, null, null, null, "projects/123456")]), Json.KeyAttemptsFailed),
        ["pool-snapshot.v1.quotas"] = (new PoolSnapshot(A, 42, [Key with { Tier = KeyTier.Free, Weight = 200, Priority = 10 }], [], [], [Quota]), Json.PoolSnapshot),
        ["pool-quotas.v1"] = (new[] { Quota }, Json.PoolQuotaArray),
        ["pool-hint.v1"] = (new PoolHint(A, B, A, KeyStatus.Cooling, "gemini-2.5-flash", At), Json.PoolHint),
        ["pool-quota-change.v1"] = (new PoolQuotaChange(A, [Quota, Quota with { Pool = "key:" + B, Windows = [] }]), Json.PoolQuotaChange),
        ["pool-page.v1"] = (new PoolPage([
            new PoolView("project:alpha", "alpha", "projects/123", "billing-1", KeyTier.Paid, 3, [new PoolModelView(
                "gemini-2.5-pro",
                [new PoolMetricView(QuotaMetric.RequestsPerDay, 250, true, 250, At), new PoolMetricView(QuotaMetric.TokensPerMinute, null, false, 5, At)],
                [new PoolQuotaState(QuotaMetric.RequestsPerDay, KeyStatus.Exhausted, At, At, "GenerateRequestsPerDayPerProjectPerModel-FreeTier"), new PoolQuotaState(null, KeyStatus.Cooling, null, At, null)])]),
            new PoolView("key:" + B, null, null, null, null, 1, [])], "project:alpha", 2), Json.PoolPage),
        ["edit-pool.v1"] = (new EditPool("projects/123", "", KeyTier.Free), Json.EditPool),
        ["set-limits.v1"] = (new SetLimits("*", 10, null, 250), Json.SetLimits),
        ["reset-quota.v1"] = (new ResetQuota("gemini-2.5-pro"), Json.ResetQuota),
        ["pool-alarms.v1"] = (new[] { new PoolAlarm(UpstreamOutcomeClass.KeyForbidden, At, At.AddSeconds(60), 30, 50) }, Json.PoolAlarmArray),
        ["undo-transitions.v1"] = (new UndoTransitions("KeyForbidden", At, At.AddHours(1), true), Json.UndoTransitions),
        ["undone-transitions.v1"] = (new UndoneTransitions(false, 1, 1,
            [new UndoneTransition(A, null, null, KeyStatus.Forbidden, KeyStatus.Healthy), new UndoneTransition(null, "project:alpha", "gemini-2.5-pro", KeyStatus.Exhausted, KeyStatus.Healthy)]), Json.UndoneTransitions),
        ["import-jobs.v1"] = (new[]
        {
            new ImportJob(A, ImportState.Running, "csv", true, 10, 4, 3, 1, 0, "ada", At, null, null, null, null),
            new ImportJob(B, ImportState.Failed, "lines", false, 10, 4, 3, 0, 1, "ada", At, At, "The database does not answer.", A, 12),
        }, Json.ImportJobArray),
        ["import-lines.v1"] = (new ImportLinePage([new ImportLine(7, ImportOutcome.AlreadyInPool, "AIza…x9Qk", B, null)], "7"), Json.ImportLinePage),
        ["key-cleanup.v1"] = (new KeyCleanup(1, 0, [Suspended with { Tier = KeyTier.Free, Weight = 100, Priority = 50, Tags = ["old"], UndoTo = KeyStatus.Healthy }]), Json.KeyCleanup),
        ["edit-key.v1.routing"] = (new EditKey(null, null, KeyTier.Paid, 200, 10, ["eu", "team-a"]), Json.EditKey),
        ["pool-access-keys.v1"] = (new[] { Access, AccessForEver }, Json.PoolAccessKeyArray),
        ["key-page.v1"] = (new KeyPage([Suspended, CoolingKey], "0198c0de", 2), Json.KeyPage),
        ["key-summary.v1"] = (new KeySummary(5, new Dictionary<KeyStatus, int> { [KeyStatus.Healthy] = 4, [KeyStatus.Forbidden] = 1 }), Json.KeySummary),
        ["edit-key.v1"] = (new EditKey("team a", null), Json.EditKey),
        ["check-keys.v1"] = (new CheckKeys([A]), Json.CheckKeys),
        ["import-result.v1"] = (new ImportResult(
            [new ImportLine(1, ImportOutcome.Added, "AIza…x9Qk", A, null), new ImportLine(3, ImportOutcome.NotAKey, null, null, "The line is too short to be a key.")], 1, 0, 1, A, 44), Json.ImportResult),
        ["timeline.v1"] = (new[] { new TimelineEntry(At, "key_added", "The key was added.", "admin") }, Json.TimelineEntryArray),
        ["access-keys.v1"] = (new[] { AccessKey }, Json.AccessKeyViewArray),
        ["access-key-page.v1"] = (new AccessKeyPage([AccessKey], "next", 2), Json.AccessKeyPage),
        ["create-access-key.v1"] = (new CreateAccessKey("ci", At), Json.CreateAccessKey),
        ["access-keys.v1.terms"] = (new[] { AccessKey with { Owner = "ada", Note = "for the build", Tags = ["ci"], Models = ["gemini-2.5-*"], Addresses = ["10.0.0.0/8"], Limits = Limits, RevokedAt = At, OldKeyUntil = At } }, Json.AccessKeyViewArray),
        ["create-access-key.v1.terms"] = (new CreateAccessKey("ci", At, "ada", "for the build", ["ci"], ["gemini-2.5-*"], ["10.0.0.0/8"], Limits), Json.CreateAccessKey),
        ["pool-access-keys.v1.terms"] = (new[] { Access with { Models = ["gemini-2.5-*"], Addresses = ["10.0.0.0/8"], Limits = Limits, OldHash = "00ff", OldHashUntil = At } }, Json.PoolAccessKeyArray),
        ["edit-access-key.v1"] = (new EditAccessKey(3, "ci", At, "ada", "for the build", ["ci"], ["gemini-2.5-*"], ["10.0.0.0/8"], Limits), Json.EditAccessKey),
        ["rotate-access-key.v1"] = (new RotateAccessKey(3600), Json.RotateAccessKey),
        ["access-key-import-result.v1"] = (new AccessKeyImportResult(2, 1, ["item 4: a token must have 8 to 256 characters"]), Json.AccessKeyImportResult),
        ["created-access-key.v1"] = (new CreatedAccessKey(AccessKey, "sk-gb-…", A, 45), Json.CreatedAccessKey),
        ["proxy-status.v1"] = (new ProxyStatus(A, 45, 5, 4, 1, "redis", 3), Json.ProxyStatus),
        ["overview.v1"] = (new Overview(At, At.AddHours(1), Counts, 12.5, 0.75, 0.25, 2, Latency, null, [new OverviewBucket(At, Counts, Latency, Latency)], 0.5), Json.Overview),
        ["reconciliation.v1"] = (new Reconciliation(1, 2, 3, 4, [new ReconciledSegment(new SegmentClosed("proxy-1", A, At, At.AddMinutes(5), 10, 20), new SegmentVerdict(A, SegmentState.Mismatch, 10, 21))]), Json.Reconciliation),
        ["dead-letters.v1"] = (new DeadLetters(new Dictionary<string, long> { ["stats.requests-completed.v1_error"] = 2 }, 1,
            [new ParkedFact(A, 3, "proxy-1", At, "PostgreSQL cannot hold it (22021).", Refused), new ParkedFact(B, 0, "proxy-1", At, "The fact lacks its id.", null)]), Json.DeadLetters),
        ["replay-result.v1"] = (new ReplayResult(2, 1, 0), Json.ReplayResult),
        ["discarded-facts.v1"] = (new DiscardedFacts(3), Json.DiscardedFacts),
        ["request-page.v1"] = (new RequestPage([Answered, Refused], A), Json.RequestPage),
        ["request-story.v1"] = (new RequestStory(Answered, 0.25, A, At), Json.RequestStory),
        ["latency-report.v1"] = (new LatencyReport(At, At.AddHours(1), new LatencyFigures(Latency, null, Latency, null), [new LatencyBucket(At, new LatencyFigures(null, Latency, null, Latency))],
            [new LatencyOfModel("gemini-2.5-pro", new LatencyFigures(Latency, null, null, null)), new LatencyOfModel(null, new LatencyFigures(null, null, null, null))], 0.5), Json.LatencyReport),
        ["usage.v1.cost"] = (new Usage(At, At.AddHours(1), UsageGrouping.Outcome, Counts with { EstimatedRequests = 1, PromptAudioTokens = 2, CompletionAudioTokens = 3, CostUsd = 0.25, UnpricedTokens = 40 }, [], 0), Json.Usage),
        ["model-prices.v1"] = (new[] { Priced, Priced with { Custom = true, SetBy = "admin", SetAt = At }, new ModelPrice("gemini-x", [], true, "admin", At, "is no list of periods.") }, Json.ModelPriceArray),
        ["model-price.v1"] = (Priced, Json.ModelPrice),
        ["price-periods.v1"] = (Priced.Periods.ToArray(), Json.PricePeriodArray),
        ["attempts.v1"] = (new AttemptReport(At, At.AddHours(1), AttemptGrouping.Key, Calls, [new AttemptRow(At, B.ToString(), Calls), new AttemptRow(null, null, Calls with { MeanMs = null })], 0.5), Json.AttemptReport),
        ["live-skip.v1"] = (new LiveSkip(12), Json.LiveSkip),
        ["alerts.v1"] = (new[] { new Alert(AlertKind.ViewsBehind, 31.5, At), new Alert(AlertKind.FactsAside, 2, At, At.AddHours(1)) }, Json.AlertArray),
        ["last-use.v1"] = (new LastUsePage([new LastUse(A, At), new LastUse(B, At.AddHours(1))], B, UsedKind.Key), Json.LastUsePage),
        ["usage.v1"] = (new Usage(At, At.AddHours(1), UsageGrouping.AccessKey, Counts, [new UsageRow(At, "0198c0de-0000-7000-8000-00000000000a", Counts), new UsageRow(null, null, Counts)], 0), Json.Usage),
        ["failed-requests.v1"] = (new[]
        {
            new FailedRequest(A, At, RequestOutcome.NoKey, 429, "insufficient_quota", "gemini-2.5-pro", A, B, 2, UpstreamOutcomeClass.QuotaPerDay),
            new FailedRequest(B, At, RequestOutcome.InternalError, 500, null, null, null, null, 0, null),
        }, Json.FailedRequestArray),
        ["projection-status.v1"] = (new ProjectionStatus(1000, new Dictionary<string, long> { ["usage"] = 990 }, 0.25, "stats-1"), Json.ProjectionStatus),
        ["live-tick.v1"] = (new LiveTick(1000, 0.25), Json.LiveTick),
    };
}
