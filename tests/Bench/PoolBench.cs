using System.Diagnostics;
using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using Microsoft.Extensions.Options;

namespace GeminiBalance.Bench;

/// <summary>What choosing a key costs, what a change costs, and how long a pool takes to load.</summary>
internal static class PoolBench
{
    private const string Model = "gemini-2.5-flash";
    private static readonly Guid Epoch = Guid.CreateVersion7();

    public static Task RunAsync()
    {
        IBalancingStrategy[] strategies =
        [
            new AdaptiveStrategy(new Fixed(), TimeProvider.System, Random.Shared),
            new LeastUsedStrategy(TimeProvider.System, Random.Shared),
            new RoundRobinStrategy(),
            new WeightedStrategy(Random.Shared),
        ];
        foreach (var strategy in strategies)
        {
            foreach (var count in (int[])[10, 10_000])
            {
                var pool = Loaded(() => strategy, count);
                Measure.Print($"{strategy.Name}: choice among {count:N0} keys", () => pool.Choose(Model, pool.EligibleFor(Model)!, []));
            }
        }

        Threads(strategies[0]);
        var busy = Loaded(() => strategies[0], 10_000);
        var sequence = busy.View!.Sequence;
        var at = 0;
        Measure.Print("a key of 10,000 cools down and is back: 2 changes", () =>
        {
            var key = busy.View.Keys[at++ % 10_000].Id;
            busy.TryApply(Change(++sequence) with { States = [new PoolKeyState(key, KeyStatus.Cooling, null, Model, DateTimeOffset.UtcNow.AddHours(1))] });
            busy.EligibleFor(Model);
            busy.TryApply(Change(++sequence) with { Healthy = [key] });
            busy.EligibleFor(Model);
        });
        Measure.Print("a key of 10,000 is edited: 1 change", () =>
        {
            busy.TryApply(Change(++sequence) with { Keys = [busy.View.Keys[at++ % 10_000].Stored with { Weight = at % 1000 }] });
            busy.EligibleFor(Model);
        });
        foreach (var count in (int[])[10_000, 100_000])
        {
            var snapshot = Snapshot(count);
            var started = Stopwatch.GetTimestamp();
            var pool = new LivePool(() => strategies[0], TimeProvider.System);
            pool.Replace(snapshot, "bench");
            pool.EligibleFor(Model);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count:N0} keys loaded and listed in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms"));
        }

        return Task.CompletedTask;
    }

    private static void Threads(IBalancingStrategy strategy)
    {
        const int PerThread = 100_000;
        var pool = Loaded(() => strategy, 10_000);
        var started = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, 64).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < PerThread; i++)
            {
                pool.Choose(Model, pool.EligibleFor(Model)!, []);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{strategy.Name}: 64 threads on {Environment.ProcessorCount} cores, {64 * PerThread / seconds / 1e6:0.0} million choices a second"));
    }

    private static LivePool Loaded(Func<IBalancingStrategy> strategy, int keys)
    {
        var pool = new LivePool(strategy, TimeProvider.System);
        pool.Replace(Snapshot(keys), "bench");
        foreach (var key in pool.View!.Keys)
        {
            key.LoadOf(Model).Begin();
            key.LoadOf(Model).End(true, 100, 0);
            key.QuotaPool.UseOf(Model);
        }

        return pool;
    }

    private static PoolSnapshot Snapshot(int keys) =>
        new(Epoch, 1, [.. Enumerable.Range(0, keys).Select(i => new PoolKey(Guid.CreateVersion7(), new EncryptedSecret(1, "AAAA"), $"project-{i / 5}"))], [], []);

    private static PoolChange Change(long sequence) => new(Epoch, sequence, [], [], [], [], [], []);

    private sealed class Fixed : IOptionsMonitor<AdaptiveOptions>
    {
        public AdaptiveOptions CurrentValue { get; } = new();

        public AdaptiveOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<AdaptiveOptions, string?> listener) => null;
    }
}
