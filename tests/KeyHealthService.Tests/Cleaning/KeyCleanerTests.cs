using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Publishing;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.KeyHealthService.Transitions;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Cleaning;

[Collection("servers")]
public sealed class KeyCleanerTests(ServersFixture servers)
{
    [Fact]
    public async Task Cleanup_RetiresWhatIsLongDeadAndNothingWhenNoKeyIsLeft()
    {
        await using var service = await RunningService.StartAsync(servers);
        var keys = (await service.ImportAsync(TestKeys.Lines(3))).Lines.Select(line => line.KeyId!.Value).ToArray();
        await DieAsync(service, keys[0], TimeSpan.FromDays(8), checks: 3);
        await DieAsync(service, keys[1], TimeSpan.FromDays(8), checks: 2);

        Assert.Equal(keys[0], Assert.Single((await service.GetAsync<KeyCleanup>("/keys/cleanup")).Items).Id);
        Assert.Equal(3, (await RedisPool.ReadAsync(service.Redis)).Keys.Count);
        Assert.Equal((1, 0), await RunAsync(service));
        Assert.Equal(keys[1..].Order(), (await RedisPool.ReadAsync(service.Redis)).Keys.Select(key => key.Id).Order());
        var retired = await service.GetAsync<KeyView>($"/keys/{keys[0]}");
        Assert.Equal((KeyStatus.Retired, "cleanup", KeyStatus.Invalid), (retired.Status, retired.Reason, retired.UndoTo));
        Assert.Equal((2, 1), ((await service.GetAsync<KeySummary>("/keys/summary")).Total, (await service.GetAsync<KeyPage>("/keys?status=Retired")).Total));

        // An undo brings the key itself back to the proxies, with its state.
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{keys[0]}/undo");
        var pool = await RedisPool.ReadAsync(service.Redis);
        Assert.Equal((3, KeyStatus.Invalid), (pool.Keys.Count, pool.States.Single(state => state.KeyId == keys[0]).Status));

        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{keys[2]}/disable");
        await DieAsync(service, keys[0], TimeSpan.FromDays(8), checks: 3);
        Assert.Equal((0, 1), await RunAsync(service));
    }

    private static async Task<(int, int)> RunAsync(RunningService service)
    {
        var done = await service.SendAsync<KeyCleanup>(HttpMethod.Post, "/keys/cleanup");
        return (done.Keys, done.Kept);
    }

    /// <summary>A key that an upstream did not know long ago: the test moves the time it was found out, not the clock.</summary>
    private static async Task DieAsync(RunningService service, Guid key, TimeSpan ago, int checks)
    {
        var failure = new KeyAttemptFailure(key, "m", TimeProvider.System.GetUtcNow(), UpstreamOutcomeClass.KeyInvalid, 400, "API_KEY_INVALID", null, null, null, null);
        await service.Get<FailureIntake>().ApplyAsync(Guid.CreateVersion7(), new KeyAttemptsFailed(Guid.CreateVersion7(), "a", [failure]), TestContext.Current.CancellationToken);
        await using var command = service.Database.CreateCommand(
            "with moved as (update keys.mt_doc_key set data = jsonb_set(data, '{since}', to_jsonb($2::timestamptz)) where id = $1) update keys.probes set bad_checks = $3 where key_id = $1");
        command.Parameters.Add(new() { Value = key });
        command.Parameters.Add(new() { Value = TimeProvider.System.GetUtcNow() - ago });
        command.Parameters.Add(new() { Value = checks });
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }
}
