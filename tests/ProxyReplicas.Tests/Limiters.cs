using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Limits;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>The limiters of as many replicas, each with a connection of its own.</summary>
internal sealed class Limiters(List<ServiceProvider> services, List<RedisLimits> shared, List<LocalLimits> locals, List<LimitMemory> memories) : IAsyncDisposable
{
    private readonly List<AccessKeyLimiter> limiters = [.. shared.Select((one, i) => new AccessKeyLimiter(one, locals[i], TimeProvider.System))];

    public List<RedisLimits> Shared => shared;

    public List<LocalLimits> Locals => locals;

    public List<LimitMemory> Memories => memories;

    public AccessKeyLimiter this[int index] => limiters[index];

    public static Limiters Of(string connection)
    {
        var services = Enumerable.Range(0, SharedLimitTests.Replicas).Select(_ => new ServiceCollection().AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(connection)).BuildServiceProvider()).ToList();
        var memories = services.Select(_ => new LimitMemory()).ToList();
        return new Limiters(services, [.. services.Select((one, i) => new RedisLimits(one, new Patient(), memories[i], TimeProvider.System))], [.. memories.Select(memory => new LocalLimits(memory, new Patient(), TimeProvider.System))], memories);
    }

    /// <summary>Four that know each other.</summary>
    public static async Task<Limiters> FourAsync(RedisFixture redis)
    {
        var limiters = await ConnectedAsync(redis);
        for (var i = 0; i < 2 * SharedLimitTests.Replicas; i++)
        {
            await limiters.Shared[i % SharedLimitTests.Replicas].AnnounceAsync($"replica-{i % SharedLimitTests.Replicas}");
        }

        return limiters;
    }

    /// <summary>Four that have found Redis.</summary>
    public static async Task<Limiters> ConnectedAsync(RedisFixture redis)
    {
        var limiters = Of(redis.ConnectionString);
        foreach (var shared in limiters.Shared)
        {
            await TestKit.Eventually.TrueAsync(() => Task.FromResult(shared.IsThere), TimeSpan.FromSeconds(60), "a connection to Redis");
        }

        return limiters;
    }

    /// <summary>What an account says as soon as it says enough. Asks by limits nobody else goes by, so that no replica answers for it.</summary>
    public async Task<LimitVerdict> ToldAsync(int replica, Guid key, AccessKeyLimits limits, Func<LimitVerdict, bool> isEnough)
    {
        var last = default(LimitVerdict);
        var others = limits with { RequestsPerMinute = int.MaxValue };
        await TestKit.Eventually.TrueAsync(
            async () =>
            {
                others = others with { RequestsPerMinute = others.RequestsPerMinute - 1 };
                var demand = new LimitDemand(key, others, 0, 0, Guid.CreateVersion7());
                (last, var account) = await limiters[replica].ReserveAsync(demand);
                account.Settle(demand, 0, 0);
                return isEnough(last);
            },
            TimeSpan.FromSeconds(60),
            "an account that was told everything");
        return last;
    }

    /// <summary>As many clients at once as there are, over all replicas in turn.</summary>
    public async Task AskAsync(int requests, AccessKeyLimits limits, long tokens, Func<LimitVerdict, Func<long, Task>, Task> then, Guid? of = null)
    {
        var key = of ?? Guid.CreateVersion7();
        var work = new ConcurrentQueue<int>(Enumerable.Range(0, requests));
        await Task.WhenAll(Enumerable.Range(0, SharedLimitTests.Clients).Select(_ => Task.Run(async () =>
        {
            while (work.TryDequeue(out var number))
            {
                var demand = new LimitDemand(key, limits, tokens, 0, Guid.CreateVersion7());
                var (verdict, account) = await limiters[number % SharedLimitTests.Replicas].ReserveAsync(demand);
                await then(verdict, used =>
                {
                    if (verdict.Reached == LimitKind.None)
                    {
                        account.Settle(demand, used, 0);
                    }

                    return Task.CompletedTask;
                });
            }
        })));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in services)
        {
            await one.DisposeAsync();
        }
    }

    private sealed class Patient : IOptionsMonitor<LimitsOptions>
    {
        public LimitsOptions CurrentValue { get; } = new() { PatienceMilliseconds = 30_000 };

        public LimitsOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<LimitsOptions, string?> listener) => null;
    }
}
