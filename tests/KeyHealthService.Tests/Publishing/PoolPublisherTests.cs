using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.TestKit;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Publishing;

[Collection("servers")]
public sealed class PoolPublisherTests(ServersFixture servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Import_OfMoreThanAChunk_StandsInRedisAsOneSnapshotWhoseSecretsDecrypt()
    {
        await using var service = await RunningService.StartAsync(servers);

        var result = await service.ImportAsync(TestKeys.Lines(2500));

        var pool = await RedisPool.ReadAsync(service.Redis);
        Assert.Equal(2500, result.Added);
        Assert.Equal((result.Epoch, result.Sequence), (pool.Head.Epoch, pool.Head.Sequence));
        Assert.Equal(3, pool.Head.KeyChunks);
        Assert.Empty(pool.States);
        var encryption = service.Get<SecretEncryption>();
        Assert.Equal(
            Enumerable.Range(0, 2500).Select(TestKeys.Standard).Order(),
            pool.Keys.Select(key => encryption.Decrypt(key.Id, SecretPurposes.UpstreamKey, key.Secret).Reveal()).Order());

        var again = await service.GetAsync<PoolSnapshot>("/snapshot");
        Assert.Equal(pool.Keys.Select(key => key.Id), again.Keys.Select(key => key.Id));

        using var same = await service.Http.GetAsync(new Uri($"/snapshot?epoch={again.Epoch}&sequence={again.Sequence}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, same.StatusCode);
        Assert.Equal(again.Sequence, (await service.GetAsync<PoolSnapshot>($"/snapshot?epoch={again.Epoch}&sequence={again.Sequence - 1}")).Sequence);
        Assert.Equal(again.Sequence, (await service.GetAsync<PoolSnapshot>($"/snapshot?epoch={Guid.NewGuid()}&sequence={again.Sequence}")).Sequence);
    }

    [Fact]
    public async Task Changes_OneAfterTheOther_AreToldWithoutAGapAndStandInRedis()
    {
        await using var service = await RunningService.StartAsync(servers);
        var imported = await service.ImportAsync($"{TestKeys.Standard(1)},one,alpha\n{TestKeys.Standard(2)}");
        var (first, second) = (imported.Lines[0].KeyId!.Value, imported.Lines[1].KeyId!.Value);
        await using var changes = await Changes.ListenAsync(service);

        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{first}/disable");
        var disabled = await changes.NextAsync();
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{first}/enable");
        var enabled = await changes.NextAsync();
        await service.SendAsync<KeyView>(HttpMethod.Patch, $"/keys/{second}", new EditKey(null, "beta", NewProject: true));
        var moved = await changes.NextAsync();
        using var gone = await service.Http.DeleteAsync(new Uri($"/keys/{first}", UriKind.Relative), TestContext.Current.CancellationToken);
        var removed = await changes.NextAsync();
        var access = await service.SendAsync<CreatedAccessKey>(HttpMethod.Post, "/access-keys", new CreateAccessKey("team", null));
        var created = await changes.NextAsync();

        Assert.Equal(
            Enumerable.Range(1, 5).Select(i => imported.Sequence + i),
            new[] { disabled, enabled, moved, removed, created }.Select(change => change.Sequence));
        Assert.Equal([new PoolKeyState(first, KeyStatus.Disabled, null, null, null)], disabled.States);
        Assert.Equal([first], enabled.Healthy);
        Assert.Equal((second, "beta"), (Assert.Single(moved.Keys).Id, moved.Keys[0].Project));
        Assert.Equal([first], removed.RemovedKeys);
        Assert.Equal(AccessKeyFormat.Hash(access.Key), Assert.Single(created.AccessKeys).Hash);
        Assert.Equal(access.Sequence, created.Sequence);

        var pool = await RedisPool.ReadAsync(service.Redis);
        Assert.Equal(created.Sequence, pool.Head.Sequence);
        Assert.Equal([(second, "beta")], pool.Keys.Select(key => (key.Id, key.Project)));
        Assert.Equal([access.AccessKey.Id], pool.AccessKeys.Select(key => key.Id));
    }

    [Fact]
    public async Task UndoBackToRetired_TakesTheKeyOutOfThePool()
    {
        await using var service = await RunningService.StartAsync(servers);
        var id = (await service.ImportAsync($"{TestKeys.Standard(1)}\n{TestKeys.Standard(2)}")).Lines[0].KeyId!.Value;
        await service.Get<KeyCommands>().ExecuteAsync(id, (key, now) => KeyDecider.Retire(key, "cleanup", "cleanup", now), TestContext.Current.CancellationToken);
        await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/enable");
        Assert.Equal(2, (await RedisPool.ReadAsync(service.Redis)).Keys.Count);
        await using var changes = await Changes.ListenAsync(service);

        var undone = await service.SendAsync<KeyView>(HttpMethod.Post, $"/keys/{id}/undo");
        var change = await changes.NextAsync();

        Assert.Equal(KeyStatus.Retired, undone.Status);
        Assert.Equal([id], change.RemovedKeys);
        Assert.Empty(change.Healthy);
        Assert.DoesNotContain(id, (await RedisPool.ReadAsync(service.Redis)).Keys.Select(key => key.Id));
    }

    [Fact]
    public async Task Redis_ThatLostEverything_IsFilledAgain()
    {
        await using var service = await RunningService.StartAsync(servers);
        var imported = await service.ImportAsync(TestKeys.Lines(3));

        await service.Redis.KeyDeleteAsync([PoolRedisKeys.Head, PoolRedisKeys.States, PoolRedisKeys.KeyChunk(0)]);

        await Eventually.TrueAsync(async () => await service.Redis.KeyExistsAsync(PoolRedisKeys.Head), TimeSpan.FromSeconds(60), "the head in Redis");
        var pool = await RedisPool.ReadAsync(service.Redis);
        Assert.Equal(3, pool.Keys.Count);
        Assert.True(pool.Head.Sequence > imported.Sequence);
    }

    [Fact]
    public async Task Committed_ByAProcessThatDiedBeforePublishing_IsPublishedByTheNext()
    {
        await using var service = await RunningService.StartAsync(servers);
        var imported = await service.ImportAsync(TestKeys.Standard(1));
        await using var changes = await Changes.ListenAsync(service);

        // What such a process leaves behind: the database counts on, and Redis never heard of it.
        await service.ScalarAsync<long>("update keys.pool set sequence = sequence + 1 returning sequence");

        var change = await changes.NextAsync();
        Assert.Equal(imported.Sequence + 2, change.Sequence);
        Assert.Equal(change.Sequence, (await RedisPool.ReadAsync(service.Redis)).Head.Sequence);
    }

    [Fact]
    public async Task RestoredDatabase_WhoseSequenceIsBehindRedis_StartsANewEpoch()
    {
        await using var service = await RunningService.StartAsync(servers);
        await service.ImportAsync(TestKeys.Standard(1));
        var imported = await service.ImportAsync(TestKeys.Standard(2));

        await service.ScalarAsync<long>("update keys.pool set sequence = sequence - 1 returning sequence");

        await Eventually.TrueAsync(async () => (await RedisPool.ReadAsync(service.Redis)).Head.Epoch != imported.Epoch, Soon, "a new epoch");
    }

    [Fact]
    public async Task Restart_OnTheSameDatabase_GoesOnCounting()
    {
        Dictionary<string, string?> settings;
        ImportResult imported;
        await using (var service = await RunningService.StartAsync(servers))
        {
            settings = service.Settings;
            imported = await service.ImportAsync(TestKeys.Standard(1));
        }

        await using var again = await RunningService.StartAsync(settings);
        var later = await again.ImportAsync($"{TestKeys.Standard(1)}\n{TestKeys.Standard(2)}");

        Assert.Equal([ImportOutcome.AlreadyInPool, ImportOutcome.Added], later.Lines.Select(line => line.Outcome));
        Assert.Equal(imported.Lines[0].KeyId, later.Lines[0].KeyId);
        Assert.Equal(imported.Epoch, later.Epoch);
        Assert.True(later.Sequence > imported.Sequence);
    }

    [Fact]
    public async Task Start_WithAnotherEncryptionKey_IsRefusedInASentenceThatNamesTheSetting()
    {
        Dictionary<string, string?> settings;
        await using (var service = await RunningService.StartAsync(servers))
        {
            settings = service.Settings;
        }

        var other = new Dictionary<string, string?>(settings) { ["Encryption:Key"] = "another encryption key, also long enough" };

        var refusal = await Assert.ThrowsAsync<StartupException>(() => RunningService.StartAsync(other));
        Assert.Contains("Encryption:Key", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>What a proxy hears.</summary>
    private sealed class Changes(ISubscriber subscriber, ChannelReader<PoolChange> reader) : IAsyncDisposable
    {
        public static async Task<Changes> ListenAsync(RunningService service)
        {
            var heard = Channel.CreateUnbounded<PoolChange>();
            var subscriber = service.Get<IConnectionMultiplexer>().GetSubscriber();
            await subscriber.SubscribeAsync(RedisChannel.Literal(PoolRedisKeys.Changes), (_, text) =>
                heard.Writer.TryWrite(JsonSerializer.Deserialize((byte[])text!, ContractsJson.Default.PoolChange)!));
            return new Changes(subscriber, heard.Reader);
        }

        public async Task<PoolChange> NextAsync()
        {
            using var limit = new CancellationTokenSource(Soon);
            return await reader.ReadAsync(limit.Token);
        }

        public async ValueTask DisposeAsync() => await subscriber.UnsubscribeAllAsync();
    }
}

/// <summary>The pool as a proxy reads it.</summary>
internal sealed record RedisPool(PoolHead Head, IReadOnlyList<PoolKey> Keys, IReadOnlyList<PoolKeyState> States, IReadOnlyList<PoolAccessKey> AccessKeys)
{
    public static async Task<RedisPool> ReadAsync(IDatabase redis)
    {
        var head = JsonSerializer.Deserialize((byte[])(await redis.StringGetAsync(PoolRedisKeys.Head))!, ContractsJson.Default.PoolHead)!;
        var keys = new List<PoolKey>();
        for (var i = 0; i < head.KeyChunks; i++)
        {
            keys.AddRange(JsonSerializer.Deserialize((byte[])(await redis.StringGetAsync(PoolRedisKeys.KeyChunk(i)))!, ContractsJson.Default.PoolKeyArray)!);
        }

        var accessKeys = new List<PoolAccessKey>();
        for (var i = 0; i < head.AccessKeyChunks; i++)
        {
            accessKeys.AddRange(JsonSerializer.Deserialize((byte[])(await redis.StringGetAsync(PoolRedisKeys.AccessKeyChunk(i)))!, ContractsJson.Default.PoolAccessKeyArray)!);
        }

        var states = JsonSerializer.Deserialize((byte[])(await redis.StringGetAsync(PoolRedisKeys.States))!, ContractsJson.Default.PoolKeyStateArray)!;
        return new RedisPool(head, keys, states, accessKeys);
    }
}
