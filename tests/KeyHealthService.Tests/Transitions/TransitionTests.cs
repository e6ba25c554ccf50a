using System.Net;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Publishing;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.KeyHealthService.Transitions;
using GeminiBalance.TestKit;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Transitions;

[Collection("servers")]
public sealed class TransitionTests(ServersFixture servers)
{
    private const string Model = "gemini-2.5-flash";

    [Fact]
    public async Task MostKeys_FailingAlike_RaiseAnAlarmAndKeepServing()
    {
        await using var service = await RunningService.StartAsync(servers);
        var keys = (await service.ImportAsync(TestKeys.Lines(5))).Lines.Select(line => line.KeyId!.Value).ToArray();

        await FailAsync(service, UpstreamOutcomeClass.KeyForbidden, keys[0]);
        Assert.Equal(KeyStatus.Forbidden, (await service.GetAsync<KeyView>($"/keys/{keys[0]}")).Status);
        await FailAsync(service, UpstreamOutcomeClass.KeyForbidden, keys[1], keys[2], keys[3]);

        var alarm = Assert.Single(await service.GetAsync<PoolAlarm[]>("/alarms"));
        Assert.Equal((UpstreamOutcomeClass.KeyForbidden, 4, 5), (alarm.Outcome, alarm.Failing, alarm.Serving));
        var summary = (await service.GetAsync<KeySummary>("/keys/summary")).ByStatus;
        Assert.DoesNotContain(KeyStatus.Forbidden, summary.Keys);
        Assert.Equal(1, await service.ScalarAsync<long>("select count(*) from keys.mt_events where type = 'gb.pool-alarm.raised.v1'"));
    }

    [Fact]
    public async Task LastKeyOfAModel_IsKeptUnlessItIsNoKey()
    {
        await using var service = await RunningService.StartAsync(servers);
        var keys = (await service.ImportAsync(TestKeys.Lines(2))).Lines.Select(line => line.KeyId!.Value).ToArray();

        await FailAsync(service, UpstreamOutcomeClass.KeyForbidden, keys);
        var kept = (await service.GetAsync<KeyPage>("/keys")).Items.Single(key => key.Status != KeyStatus.Forbidden);
        Assert.Equal((KeyStatus.Degraded, "refused"), (kept.Status, kept.Reason));

        await FailAsync(service, UpstreamOutcomeClass.KeyInvalid, kept.Id);
        Assert.Equal(KeyStatus.Invalid, (await service.GetAsync<KeyView>($"/keys/{kept.Id}")).Status);
    }

    [Fact]
    public async Task EmptyBillingAccount_StopsEveryProjectOnIt()
    {
        await using var service = await RunningService.StartAsync(servers);
        var lines = (await service.ImportAsync($"{TestKeys.Standard(1)},,a\n{TestKeys.Standard(2)},,a\n{TestKeys.Standard(3)},,b\n{TestKeys.Standard(4)},,c\n{TestKeys.Standard(5)}")).Lines;
        await PutAsync(service, "/pools/project?pool=project:a", new EditPool("123", "account 1", KeyTier.Paid));
        await PutAsync(service, "/pools/project?pool=project:b", new EditPool(null, "account 1", null));

        await FailAsync(service, UpstreamOutcomeClass.BillingRequired, lines[0].KeyId!.Value);

        var keys = (await service.GetAsync<KeyPage>("/keys?status=Forbidden")).Items;
        Assert.Equal(lines.Take(3).Select(line => line.KeyId!.Value).Order(), keys.Select(key => key.Id).Order());
        Assert.All(keys, key => Assert.Equal("billing", key.Reason));
        Assert.Equal([KeyTier.Paid, KeyTier.Paid, null, null, null], (await RedisPool.ReadAsync(service.Redis)).Keys.Select(key => key.Tier).OrderBy(tier => tier is null));
    }

    [Fact]
    public async Task Undo_OfOneAndOfMany_BringsTheStatesBack()
    {
        await using var service = await RunningService.StartAsync(servers);
        var begin = TimeProvider.System.GetUtcNow().AddSeconds(-5);
        var keys = (await service.ImportAsync(TestKeys.Lines(9))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await FailAsync(service, UpstreamOutcomeClass.KeyForbidden, keys[..3]);
        await FailAsync(service, UpstreamOutcomeClass.QuotaPerDay, keys[4]);
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{keys[8]}/disable");

        Assert.Equal(KeyStatus.New, (await service.GetAsync<KeyView>($"/keys/{keys[0]}")).UndoTo);
        Assert.Equal(KeyStatus.New, (await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{keys[0]}/undo")).Status);
        using (var again = await service.Http.PostAsync($"/keys/{keys[0]}/undo", null))
        {
            Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        }

        var undo = new UndoTransitions("proxy a", begin, begin.AddHours(1), DryRun: true);
        var dry = await service.SendAsync<UndoneTransitions>(HttpMethod.Post, "/transitions/undo", undo);
        Assert.Equal((true, 2, 1), (dry.DryRun, dry.Keys, dry.Quotas));
        Assert.Equal(2, (await service.GetAsync<KeySummary>("/keys/summary")).ByStatus[KeyStatus.Forbidden]);

        var done = await service.SendAsync<UndoneTransitions>(HttpMethod.Post, "/transitions/undo", undo with { DryRun = false });
        Assert.Equal((2, 1), (done.Keys, done.Quotas));
        Assert.Equal(new Dictionary<KeyStatus, int> { [KeyStatus.New] = 8, [KeyStatus.Disabled] = 1 }, (await service.GetAsync<KeySummary>("/keys/summary")).ByStatus);
        Assert.Equal(keys[8], Assert.Single((await RedisPool.ReadAsync(service.Redis)).States).KeyId);
        var other = await service.SendAsync<UndoneTransitions>(HttpMethod.Post, "/transitions/undo", undo with { Cause = "KeyInvalid" });
        Assert.Equal((0, 0), (other.Keys, other.Quotas));
    }

    [Fact]
    public async Task Undo_ByCause_LeavesQuotasThatAnotherCauseUsedUp()
    {
        await using var service = await RunningService.StartAsync(servers);
        var begin = TimeProvider.System.GetUtcNow().AddSeconds(-5);
        var keys = (await service.ImportAsync(TestKeys.Lines(9))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await FailAsync(service, UpstreamOutcomeClass.QuotaUnspecified, keys[0], keys[1], keys[2]);
        await FailAsync(service, UpstreamOutcomeClass.QuotaPerDay, keys[0]);
        await service.SendAsync<PoolView>(HttpMethod.Post, $"/pools/reset?pool=key:{keys[1]}", new ResetQuota(null));
        await FailAsync(service, UpstreamOutcomeClass.QuotaPerDay, keys[1]);

        var undone = await service.SendAsync<UndoneTransitions>(HttpMethod.Post, "/transitions/undo", new UndoTransitions("QuotaUnspecified", begin, begin.AddHours(1), DryRun: false));

        Assert.Equal($"key:{keys[2]}", Assert.Single(undone.Examples).Pool);
        Assert.Equal((0, 1), (undone.Keys, undone.Quotas));
        var summary = (await service.GetAsync<KeySummary>("/keys/summary")).ByStatus;
        Assert.Equal((2, 7), (summary[KeyStatus.Exhausted], summary[KeyStatus.New]));
    }

    [Fact]
    public async Task Usage_OfAllProxies_FillsTheLedgerOnceAndOutlivesRedisAndProcesses()
    {
        await using var service = await RunningService.StartAsync(servers);
        var lines = (await service.ImportAsync($"{TestKeys.Standard(1)},,alpha\n{TestKeys.Standard(2)},,alpha")).Lines;
        await PutAsync(service, "/pools/limits?pool=project:alpha", new SetLimits(Model, 1000, null, 5000));
        var intake = service.Get<UsageIntake>();
        var now = TimeProvider.System.GetUtcNow();
        for (var proxy = 0; proxy < 2; proxy++)
        {
            var report = new KeyUsageReported(Guid.CreateVersion7(), $"proxy-{proxy}", now, [new KeyUsage(lines[proxy].KeyId!.Value, Model, 10, 9, 500, 100, 90)]);
            await intake.ApplyAsync(report.BatchId, report, TestContext.Current.CancellationToken);
            await intake.ApplyAsync(report.BatchId, report, TestContext.Current.CancellationToken);
        }

        Assert.Equal(20, await service.ScalarAsync<long>("select day_requests from keys.quota_use"));
        Assert.Equal(2, (await service.GetAsync<KeySummary>("/keys/summary")).ByStatus[KeyStatus.Healthy]);
        await Eventually.TrueAsync(async () => await DayAsync(service) == (5000, 20), TimeSpan.FromSeconds(60), "the quota in Redis");

        // Redis loses everything, and the ledger does not.
        await service.Redis.KeyDeleteAsync(PoolRedisKeys.Quotas);
        await Eventually.TrueAsync(async () => await DayAsync(service) == (5000, 20), TimeSpan.FromSeconds(60), "the quota in Redis again");
        Assert.Equal(20, (await service.GetAsync<PoolSnapshot>("/snapshot")).Quotas!.Single().Windows.Single(window => window.Metric == QuotaMetric.RequestsPerDay).Used);
        await using var next = await RunningService.StartAsync(service.Settings);
        Assert.Equal(20, (await next.GetAsync<PoolSnapshot>("/snapshot")).Quotas!.Single().Windows.Single(window => window.Metric == QuotaMetric.RequestsPerDay).Used);
    }

    [Fact]
    public async Task Refusals_ThatNameTheirQuota_TeachLimitsAndProjects()
    {
        await using var service = await RunningService.StartAsync(servers);
        var key = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;
        var refused = new KeyAttemptFailure(
            key, Model, TimeProvider.System.GetUtcNow(), UpstreamOutcomeClass.QuotaPerDay, 429, null, "GenerateRequestsPerDayPerProjectPerModel-FreeTier", 250, null, null, "projects/123456");

        await service.Get<FailureIntake>().ApplyAsync(Guid.CreateVersion7(), new KeyAttemptsFailed(Guid.CreateVersion7(), "a", [refused]), TestContext.Current.CancellationToken);

        var pool = Assert.Single((await service.GetAsync<PoolPage>("/pools")).Items);
        Assert.Equal(("project:projects/123456", 1), (pool.Pool, pool.Keys));
        var model = Assert.Single(pool.Models);
        Assert.Equal((QuotaMetric.RequestsPerDay, 250L, false), (model.Metrics[0].Metric, model.Metrics[0].Limit!.Value, model.Metrics[0].SetByOperator));
        Assert.Equal((QuotaMetric.RequestsPerDay, KeyStatus.Exhausted), (model.States[0].Metric!.Value, model.States[0].Status));
        var reset = await service.SendAsync<PoolView>(HttpMethod.Post, $"/pools/reset?pool={Uri.EscapeDataString(pool.Pool)}", new ResetQuota(null));
        Assert.Empty(reset.Models[0].States);
    }

    [Fact]
    public async Task BadInput_GetsAClearRefusalAndChangesNothing()
    {
        await using var service = await RunningService.StartAsync(servers);
        var key = (await service.ImportAsync($"{TestKeys.Standard(1)},,a\n{TestKeys.Standard(2)},,b")).Lines[0].KeyId!.Value;
        await PutAsync(service, "/pools/project?pool=project:a", new EditPool("projects/7", null, null));
        var before = await service.ScalarAsync<long>("select count(*) from keys.mt_events");

        (string Method, string Path, string Body, string Code)[] mistakes =
        [
            ("PUT", "/pools/limits?pool=project:a", """{"model":"m","requestsPerMinute":-1}""", "invalid_limit"),
            ("PUT", "/pools/limits?pool=project:nowhere", """{"model":"m","requestsPerMinute":1}""", "unknown_pool"),
            ("PUT", "/pools/limits?pool=project:a", """{"model":""}""", "invalid_model"),
            ("PUT", "/pools/project?pool=project:nowhere", "{}", "unknown_pool"),
            ("PUT", "/pools/project?pool=project:b", """{"number":"projects/7"}""", "overlapping_projects"),
            ("PUT", "/pools/project?pool=project:a", """{"number":"seven"}""", "invalid_number"),
            ("PUT", "/pools/project?pool=key:1", "{}", "invalid_pool"),
            ("PATCH", $"/keys/{key}", """{"project":"nowhere","weight":7}""", "unknown_project"),
            ("POST", "/transitions/undo", """{"cause":"","from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"}""", "invalid_cause"),
            ("POST", "/transitions/undo", """{"cause":"probe","from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}""", "invalid_range"),
        ];
        foreach (var (method, path, body, code) in mistakes)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            using var response = await service.Http.SendAsync(request);

            Assert.Equal((HttpStatusCode.BadRequest, path), (response.StatusCode, path));
            Assert.Contains($"\"{code}\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(before, await service.ScalarAsync<long>("select count(*) from keys.mt_events"));
    }

    private static async Task<(long, long)> DayAsync(RunningService service)
    {
        var text = (byte[]?)await service.Redis.HashGetAsync(PoolRedisKeys.Quotas, $"project:alpha\n{Model}");
        var day = text is null ? null : System.Text.Json.JsonSerializer.Deserialize(text, ContractsJson.Default.PoolQuota)!.Windows.Single(window => window.Metric == QuotaMetric.RequestsPerDay);
        return day is null ? default : (day.Limit, day.Used);
    }

    private static async Task PutAsync<T>(RunningService service, string path, T body) => await service.SendAsync<PoolView>(HttpMethod.Put, path, body);

    private static Task FailAsync(RunningService service, UpstreamOutcomeClass outcome, params Guid[] keys)
    {
        var now = TimeProvider.System.GetUtcNow();
        var message = new KeyAttemptsFailed(Guid.CreateVersion7(), "a", [.. keys.Select(key => new KeyAttemptFailure(key, Model, now, outcome, 403, null, null, null, null, null))]);
        return service.Get<FailureIntake>().ApplyAsync(message.BatchId, message, TestContext.Current.CancellationToken);
    }
}
