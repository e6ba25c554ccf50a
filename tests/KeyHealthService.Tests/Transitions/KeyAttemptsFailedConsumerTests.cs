using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Publishing;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.KeyHealthService.Transitions;
using GeminiBalance.TestKit;
using MassTransit;
using MassTransit.Testing;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Transitions;

[Collection("servers")]
public sealed class KeyAttemptsFailedConsumerTests(ServersFixture servers)
{
    private const string Model = "gemini-2.5-flash";

    [Fact]
    public async Task Message_AboutADeadKey_MakesItInvalidEverywhere()
    {
        await using var service = await RunningService.StartAsync(servers);
        var key = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;

        await PublishAsync(service, Failed(key, UpstreamOutcomeClass.KeyInvalid, 400, "API_KEY_INVALID"));

        await Eventually.TrueAsync(async () => (await RedisPool.ReadAsync(service.Redis)).States.Count == 1, TimeSpan.FromSeconds(60), "the state in Redis");
        var view = await service.GetAsync<KeyView>($"/keys/{key}");
        Assert.Equal((KeyStatus.Invalid, "api_key_invalid", 400, null), (view.Status, view.Reason, view.UpstreamStatus, view.Model));
        var newest = (await service.GetAsync<TimelineEntry[]>($"/keys/{key}/timeline"))[0];
        Assert.Equal(("gb.key.health-changed.v1", "proxy a"), (newest.Event, newest.Actor));
    }

    [Fact]
    public async Task Message_ThatComesTwice_IsAppliedOnce()
    {
        await using var service = await RunningService.StartAsync(servers);
        var key = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;
        var message = Failed(key, UpstreamOutcomeClass.QuotaPerMinute, 429, null);
        var intake = service.Get<FailureIntake>();

        await intake.ApplyAsync(message.BatchId, message, TestContext.Current.CancellationToken);
        await service.ScalarAsync<long>($"with gone as (delete from keys.mt_doc_quota returning 1) select count(*) from gone");
        await intake.ApplyAsync(message.BatchId, message, TestContext.Current.CancellationToken);

        Assert.Equal(1, await service.ScalarAsync<long>("select count(*) from keys.mt_events where type = 'gb.quota.changed.v1'"));
    }

    [Fact]
    public async Task Quota_OfAProject_HoldsForAllItsKeysAndOnlyThatModel()
    {
        await using var service = await RunningService.StartAsync(servers);
        var lines = (await service.ImportAsync($"{TestKeys.Standard(1)},,alpha\n{TestKeys.Standard(2)},,alpha\n{TestKeys.Standard(3)},,beta")).Lines;
        var message = Failed(lines[0].KeyId!.Value, UpstreamOutcomeClass.QuotaPerDay, 429, "RESOURCE_EXHAUSTED");

        await service.Get<FailureIntake>().ApplyAsync(message.BatchId, message, TestContext.Current.CancellationToken);

        await Eventually.TrueAsync(async () => (await RedisPool.ReadAsync(service.Redis)).States.Count == 2, TimeSpan.FromSeconds(60), "both keys in Redis");
        var states = (await RedisPool.ReadAsync(service.Redis)).States;
        Assert.Equal(new[] { lines[0].KeyId!.Value, lines[1].KeyId!.Value }.Order(), states.Select(state => state.KeyId).Order());
        Assert.All(states, state => Assert.Equal((KeyStatus.Exhausted, Model), (state.Status, state.Model)));
        var page = await service.GetAsync<KeyPage>("/keys?status=Exhausted");
        Assert.Equal(2, page.Total);
        Assert.All(page.Items, view => Assert.Equal(Model, view.Model));
        Assert.Equal(1, (await service.GetAsync<KeySummary>("/keys/summary")).ByStatus[KeyStatus.New]);
    }

    [Fact]
    public async Task PassingState_WhenItsTimeIsOver_EndsByItself()
    {
        await using var service = await RunningService.StartAsync(servers);
        var key = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;
        var message = Failed(key, UpstreamOutcomeClass.QuotaPerMinute, 429, null, TimeSpan.FromSeconds(1));

        await service.Get<FailureIntake>().ApplyAsync(message.BatchId, message, TestContext.Current.CancellationToken);

        var cooling = await service.GetAsync<KeyView>($"/keys/{key}");
        Assert.Equal(KeyStatus.Cooling, cooling.Status);
        await Eventually.TrueAsync(
            async () => (await service.GetAsync<TimelineEntry[]>($"/keys/{key}/timeline")) is [{ Actor: "clock" }, ..], TimeSpan.FromSeconds(60), "the recovery in the timeline");
        Assert.Equal(KeyStatus.New, (await service.GetAsync<KeyView>($"/keys/{key}")).Status);
        await Eventually.TrueAsync(async () => (await RedisPool.ReadAsync(service.Redis)).States.Count == 0, TimeSpan.FromSeconds(60), "no state left in Redis");
    }

    [Fact]
    public async Task Failures_ThatBlameNobodyOrAnUnknownKey_ChangeNothing()
    {
        await using var service = await RunningService.StartAsync(servers);
        var key = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;
        UpstreamOutcomeClass[] harmless = [UpstreamOutcomeClass.ClientError, UpstreamOutcomeClass.Overloaded, UpstreamOutcomeClass.NetworkError, UpstreamOutcomeClass.Timeout];
        var failures = harmless.Select(outcome => Failure(key, outcome, 400, null, null)).Append(Failure(Guid.CreateVersion7(), UpstreamOutcomeClass.KeyInvalid, 400, null, null));

        await service.Get<FailureIntake>().ApplyAsync(Guid.CreateVersion7(), new KeyAttemptsFailed(Guid.CreateVersion7(), "a", [.. failures]), TestContext.Current.CancellationToken);

        Assert.Equal(1, await service.ScalarAsync<long>("select count(*) from keys.mt_events"));
    }

    [Fact]
    public async Task Failures_ReportedByManyProxiesAtOnce_LeaveOneConsistentStream()
    {
        await using var service = await RunningService.StartAsync(servers);
        var key = (await service.ImportAsync(TestKeys.Standard(1))).Lines[0].KeyId!.Value;

        var messages = Enumerable.Range(0, 12).Select(i => Failed(key, i % 2 == 0 ? UpstreamOutcomeClass.KeyInvalid : UpstreamOutcomeClass.KeyForbidden, 403, "CONSUMER_SUSPENDED"));
        await Task.WhenAll(messages.Select(message => PublishAsync(service, message)));

        await Eventually.TrueAsync(async () => await service.ScalarAsync<long>("select count(*) from keys.inbox") == 12, TimeSpan.FromSeconds(20), "every message applied");
        Assert.Equal(
            await service.ScalarAsync<long>($"select max(version) from keys.mt_events where stream_id = '{key}'"),
            (await service.GetAsync<KeyView>($"/keys/{key}")).Version);
    }

    private static Task PublishAsync(RunningService service, KeyAttemptsFailed message) =>
        service.Get<ITestHarness>().Bus.Publish(message, context => context.MessageId = message.BatchId);

    private static KeyAttemptsFailed Failed(Guid key, UpstreamOutcomeClass outcome, int status, string? reason, TimeSpan? retryAfter = null) =>
        new(Guid.CreateVersion7(), "a", [Failure(key, outcome, status, reason, retryAfter)]);

    private static KeyAttemptFailure Failure(Guid key, UpstreamOutcomeClass outcome, int status, string? reason, TimeSpan? retryAfter) =>
        new(key, Model, TimeProvider.System.GetUtcNow(), outcome, status, reason, null, null, retryAfter, null);
}
