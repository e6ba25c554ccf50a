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
    private readonly List<AccessKeyLimiter> limiters = [.. shared.Select((one, i) => new AccessKeyLimiter(one, locals[i], memories[i]))];

    public List<RedisLimits> Shared => shared;

    public List<LocalLimits> Locals => locals;

    public List<LimitMemory> Memories => memories;

    public AccessKeyLimiter this[int index] => limiters[index];

    public static Limiters Of(string connection)
    {
        var services = Enumerable.Range(0, SharedLimitTests.Replicas).Select(_ => new ServiceCollection().AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(connection)).BuildServiceProvider()).ToList();
        return new Limiters(services, [.. services.Select(one => new RedisLimits(one, new Patient(), TimeProvider.System))], [.. services.Select(_ => new LocalLimits(TimeProvider.System))], [.. services.Select(_ => new LimitMemory())]);
    }

    /// <summary>As many clients at once as there are, over all replicas in turn.</summary>
    public async Task AskAsync(int requests, AccessKeyLimits limits, long tokens, Func<LimitVerdict, Func<long, Task>, Task> then)
    {
        var key = Guid.CreateVersion7();
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
