using System.Diagnostics;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>What one replica sees of a key stops the others, over a real Redis.</summary>
[Collection("redis")]
public sealed class HintTests(RedisFixture redis) : IAsyncLifetime
{
    private const string Model = "gemini-2.5-flash";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly PoolSnapshot Pool = new(Guid.CreateVersion7(), 1, [.. Enumerable.Range(0, 200).Select(i => new PoolKey(Guid.CreateVersion7(), new EncryptedSecret(1, "AAAA"), $"p{i}"))], [], []);

    public async ValueTask InitializeAsync() => await redis.FlushAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task TwoHundredHints_ReachTheOtherReplica_WithinAQuarterOfASecond()
    {
        await using var here = await Replica.StartAsync(redis, Pool);
        await using var there = await Replica.StartAsync(redis, Pool);
        var times = new List<double>();

        foreach (var key in Pool.Keys)
        {
            var sent = Stopwatch.GetTimestamp();
            here.Hints.Tell(here.Pool.View!.Find(key.Id)!, KeyStatus.Cooling, Model, TimeSpan.FromMinutes(1));
            while (there.Pool.EligibleFor(Model)!.Contains(there.Pool.View!.Find(key.Id)!) && Stopwatch.GetElapsedTime(sent) < Patience)
            {
                await Task.Yield();
            }

            times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"hints between replicas: p50 {times[100]:0.00} ms, p99 {times[197]:0.00} ms, longest {times[^1]:0.00} ms");
        Assert.True(times[197] < 250, $"p99 {times[197]} ms");
        Assert.Equal(0, there.Pool.EligibleFor(Model)!.Count);
        Assert.Equal(200, there.Pool.EligibleFor("other")!.Count);
    }

    [Fact]
    public async Task HintsOfAQuota_HoldForAllKeysOfItsProject_AndEndWhenKeyHealthSpeaks()
    {
        var pool = Pool with { Keys = [Pool.Keys[0] with { Project = "p" }, Pool.Keys[1] with { Project = "p" }, Pool.Keys[2]] };
        await using var here = await Replica.StartAsync(redis, pool);
        await using var there = await Replica.StartAsync(redis, pool);

        here.Hints.Tell(here.Pool.View!.Keys[0], KeyStatus.Exhausted, Model, TimeSpan.FromHours(5));
        await Eventually.TrueAsync(() => Task.FromResult(there.Pool.EligibleFor(Model)!.Count == 1), Patience, "both keys kept out");

        Assert.True(there.Pool.TryApply(new PoolChange(pool.Epoch, 2, [], [], [], [pool.Keys[0].Id, pool.Keys[1].Id], [], [])));
        Assert.Equal(3, there.Pool.EligibleFor(Model)!.Count);
    }

    [Fact]
    public async Task ReplicaThatStarts_HearsWhatWasToldJustBefore_AndNothingOfAnotherStore()
    {
        await using var here = await Replica.StartAsync(redis, Pool);
        here.Hints.Tell(here.Pool.View!.Keys[0], KeyStatus.Invalid, null, TimeSpan.FromMinutes(10));
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await Eventually.TrueAsync(async () => await connection.GetDatabase().SortedSetLengthAsync(PoolRedisKeys.Hints) == 1, Patience, "the hint in Redis");

        await using var late = await Replica.StartAsync(redis, Pool);
        await using var restored = await Replica.StartAsync(redis, Pool with { Epoch = Guid.CreateVersion7() });

        await Eventually.TrueAsync(() => Task.FromResult(late.Pool.EligibleFor(Model)!.Count == 199), Patience, "the hint heard by the late one");
        Assert.Equal(200, restored.Pool.EligibleFor(Model)!.Count);
    }

    [Fact]
    public async Task WithoutRedis_NobodyWaits()
    {
        var away = new ServiceCollection().AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect("127.0.0.1:1,abortConnect=false,connectTimeout=100")).BuildServiceProvider();
        var pool = new LivePool(() => new RoundRobinStrategy(), TimeProvider.System);
        pool.Replace(Pool, "test");
        using var keeper = new HintKeeper(pool, away, TimeProvider.System, NullLogger<HintKeeper>.Instance);

        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < 1000; i++)
        {
            keeper.Tell(pool.View!.Keys[0], KeyStatus.Cooling, Model, TimeSpan.FromMinutes(1));
        }

        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(1));
        await away.DisposeAsync();
    }

    private sealed class Replica(ServiceProvider services, LivePool pool, HintKeeper keeper) : IAsyncDisposable
    {
        public LivePool Pool => pool;

        public IPoolHints Hints => keeper;

        public static async Task<Replica> StartAsync(RedisFixture redis, PoolSnapshot snapshot)
        {
            var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
            var services = new ServiceCollection().AddSingleton<IConnectionMultiplexer>(multiplexer).BuildServiceProvider();
            var pool = new LivePool(() => new RoundRobinStrategy(), TimeProvider.System);
            pool.Replace(snapshot, "test");
            var keeper = new HintKeeper(pool, services, TimeProvider.System, NullLogger<HintKeeper>.Instance);
            await keeper.StartAsync(CancellationToken.None);
            await keeper.Listening.WaitAsync(Patience);
            return new Replica(services, pool, keeper);
        }

        public async ValueTask DisposeAsync()
        {
            await keeper.StopAsync(CancellationToken.None);
            keeper.Dispose();
            await services.DisposeAsync();
        }
    }
}
