using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.KeyPool;

/// <summary>What every balancing strategy must keep.</summary>
public abstract class BalancingStrategyContract
{
    private protected FakeTimeProvider Time { get; } = new(DateTimeOffset.Parse("2026-11-25T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture));

    internal abstract IBalancingStrategy Create();

    internal static Candidates Keys(int count) => new([.. Enumerable.Range(0, count).Select(_ => Key())]);

    internal static PooledKey Key(QuotaPool? quota = null, int? weight = null)
    {
        var id = Guid.CreateVersion7();
        return new PooledKey(new PoolKey(id, new EncryptedSecret(1, ""), null, Weight: weight), quota ?? new QuotaPool($"key:{id}"));
    }

    [Fact]
    public void OneCandidate_IsChosen() => Assert.Equal(0, Create().Pick("m", Keys(1), out _));

    [Fact]
    public void Choice_IsNeverOutsideTheList_WhateverItsSize()
    {
        var strategy = Create();

        Assert.All(Enumerable.Range(1, 50).Concat(Enumerable.Range(1, 50).Reverse()), count => Assert.InRange(strategy.Pick("m", Keys(count), out _), 0, count - 1));
    }

    [Fact]
    public void EqualKeys_AreUsedAlike_BySixtyFourThreads()
    {
        var strategy = Create();
        var keys = Keys(10);
        var counts = new int[keys.Count];

        var threads = Enumerable.Range(0, 64).Select(n => new Thread(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                var index = strategy.Pick("m", keys, out _);
                var load = keys.Keys[index].LoadOf("m");
                load.Begin();
                Interlocked.Increment(ref counts[index]);
                load.End(true, 100, 0);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Equal(64_000, counts.Sum());
        Assert.All(counts, count => Assert.InRange(count, 5_120, 7_680));
    }

    [Fact]
    public void Choice_AllocatesNothing()
    {
        var strategy = Create();
        var keys = Keys(100);
        for (var i = 0; i < 1000; i++)
        {
            keys.Keys[strategy.Pick("m", keys, out _)].LoadOf("m");
        }

        foreach (var key in keys.Keys)
        {
            key.LoadOf("m");
            key.QuotaPool.UseOf("m");
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            strategy.Pick("m", keys, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Finalists_NameTheChosenKeyFirst()
    {
        var strategy = Create();
        var keys = Keys(20);
        for (var i = 0; i < 100; i++)
        {
            var chosen = keys.Keys[strategy.Pick("m", keys, out var finalists)];
            if (finalists.ToFact() is { } told)
            {
                Assert.Equal(chosen.Id, told[0].KeyId);
                Assert.True(told.Count == 1 || told[0].Score >= told[1].Score);
            }
        }
    }

    [Fact]
    public void Name_IsSnakeCase() => Assert.Matches("^[a-z_]+$", Create().Name);

    /// <summary>How often each key is chosen when one call follows the other.</summary>
    private protected static int[] Distribution(IBalancingStrategy strategy, Candidates keys, int choices, Action<PooledKey>? used = null)
    {
        var counts = new int[keys.Count];
        for (var i = 0; i < choices; i++)
        {
            var index = strategy.Pick("m", keys, out _);
            counts[index]++;
            used?.Invoke(keys.Keys[index]);
        }

        return counts;
    }
}

public sealed class RoundRobinStrategyTests : BalancingStrategyContract
{
    internal override IBalancingStrategy Create() => new RoundRobinStrategy();

    [Fact]
    public void ParallelCalls_AreSharedExactly()
    {
        var strategy = Create();
        var keys = Keys(5);
        var counts = new int[5];

        Parallel.For(0, 5000, _ => Interlocked.Increment(ref counts[strategy.Pick("m", keys, out var _)]));

        Assert.All(counts, count => Assert.Equal(1000, count));
    }

    [Fact]
    public void TwoModelsInTurn_EachGetAllKeys()
    {
        var strategy = Create();
        var keys = Keys(2);
        var picks = Enumerable.Range(0, 8).Select(i => (Model: i % 2, Pick: strategy.Pick(i % 2 == 0 ? "a" : "b", keys, out _))).ToList();

        Assert.Equal([0, 1, 0, 1], picks.Where(pick => pick.Model == 0).Select(pick => pick.Pick));
        Assert.Equal([0, 1, 0, 1], picks.Where(pick => pick.Model == 1).Select(pick => pick.Pick));
    }

    [Fact]
    public void KeysThatComeAndGo_DoNotDisturbTheTurn()
    {
        var strategy = Create();
        var all = Keys(5);
        PooledKey Next(Candidates from) => from.Keys[strategy.Pick("m", from, out _)];
        var (a, b, c, d, e) = (all.Keys[0], all.Keys[1], all.Keys[2], all.Keys[3], all.Keys[4]);

        Assert.Equal([a, b], [Next(all), Next(all)]);
        var without = all.With([c], []);
        Assert.Equal([d], [Next(without)]);
        var with = without.With([], [c]);
        Assert.Equal([e, a, b, c, d], [Next(with), Next(with), Next(with), Next(with), Next(with)]);
    }

    [Fact]
    public void HundredThousandChoices_AreEven() =>
        Assert.All(Distribution(Create(), Keys(8), 100_000), count => Assert.Equal(12_500, count));
}

public sealed class WeightedStrategyTests : BalancingStrategyContract
{
    internal override IBalancingStrategy Create() => new WeightedStrategy(new ThreadSafeRandom(4711));

    [Fact]
    public void HundredThousandChoices_FollowTheWeights()
    {
        var keys = new Candidates([Key(weight: 100), Key(weight: 300), Key(weight: 600)]);

        var counts = Distribution(Create(), keys, 100_000);

        Assert.InRange(counts[0], 9_500, 10_500);
        Assert.InRange(counts[1], 29_300, 30_700);
        Assert.InRange(counts[2], 59_200, 60_800);
    }
}

public sealed class LeastUsedStrategyTests : BalancingStrategyContract
{
    internal override IBalancingStrategy Create() => new LeastUsedStrategy(Time, new ThreadSafeRandom(4711));

    [Fact]
    public void HundredThousandChoices_FillUnevenPoolsToTheSameShare()
    {
        // Headroom 100 : 50 : 10, and the use goes up with every choice.
        long[] limits = [200_000, 100_000, 20_000];
        var keys = new Candidates([.. limits.Select(limit =>
        {
            var pool = new QuotaPool($"project:{limit}");
            pool.Publish("m", [new QuotaWindow(QuotaMetric.RequestsPerDay, limit, 0, Time.GetUtcNow().AddHours(1))]);
            return Key(pool);
        })]);

        var counts = Distribution(Create(), keys, 100_000, key => key.QuotaPool.UseOf("m").Sent());

        // 62,500 : 31,250 : 6,250 would be the very same share of each limit.
        var shares = counts.Select((count, i) => (double)count / limits[i]).ToArray();
        Assert.True(shares.Max() - shares.Min() < 0.02, string.Join(", ", shares));
    }
}

public sealed class AdaptiveStrategyTests : BalancingStrategyContract
{
    internal override IBalancingStrategy Create() => new AdaptiveStrategy(new FixedOptions<AdaptiveOptions>(new AdaptiveOptions()), Time, new ThreadSafeRandom(4711));

    [Fact]
    public void HundredThousandChoices_SpreadOverGoodKeys_AndSpareTheOnesWithLittleLeft()
    {
        // Ten pools; the i-th has i tenths of its day left.
        var keys = new Candidates([.. Enumerable.Range(1, 10).Select(tenths =>
        {
            var pool = new QuotaPool($"project:{tenths}");
            pool.Publish("m", [new QuotaWindow(QuotaMetric.RequestsPerDay, 10_000_000, 10_000_000 - (tenths * 1_000_000), Time.GetUtcNow().AddHours(1))]);
            return Key(pool);
        })]);

        var counts = Distribution(Create(), keys, 100_000);

        // Of ten keys the i-th best wins 2i/90 of the pairs: no key gets everything, and the fuller get less.
        Assert.Equal(counts.Order(), counts);
        Assert.InRange(counts[9], 18_000, 22_000);
        Assert.InRange(counts[4], 7_000, 11_000);
        Assert.True(counts[0] < 500, $"{counts[0]}");
    }

    [Fact]
    public void KeyThatFailed_IsAvoided_AndLessSoAsTimePasses()
    {
        var keys = Keys(2);
        var strategy = Create();
        keys.Keys[0].LoadOf("m").Begin();
        keys.Keys[0].LoadOf("m").End(false, 100, Time.GetTimestamp());

        strategy.Pick("m", keys, out var soon);
        Time.Advance(TimeSpan.FromSeconds(150));
        strategy.Pick("m", keys, out var later);
        Time.Advance(TimeSpan.FromSeconds(150));
        strategy.Pick("m", keys, out var forgotten);

        // (0.7 * 0.9 + 0.3) * (1 - 0.5), then * (1 - 0.25), then whole.
        Assert.All(new[] { soon, later, forgotten }, pair => Assert.Equal(keys.Keys[1].Id, pair.Chosen.Key!.Id));
        Assert.Equal([0.465, 0.6975, 0.93], new[] { soon, later, forgotten }.Select(pair => Math.Round(pair.Other.Score, 4)));
    }

    [Fact]
    public void BusyAndSlowKeys_AreLeftForTheOthers()
    {
        var keys = Keys(2);
        keys.Keys[0].LoadOf("m").Begin();
        Create().Pick("m", keys, out var busy);
        keys.Keys[0].LoadOf("m").End(true, 5_000, 0);
        Create().Pick("m", keys, out var slow);

        Assert.Equal((0.5, 1), (busy.Other.Score, busy.Other.InFlight));
        Assert.Equal((0.85, 5_000d), (Math.Round(slow.Other.Score, 4), slow.Other.LatencyMs));
    }
}

/// <summary>Chance that can be repeated, and used by many threads.</summary>
internal sealed class ThreadSafeRandom(int seed) : Random
{
    private readonly ThreadLocal<Random> own = new(() => new Random(seed + Environment.CurrentManagedThreadId));

    public override int Next(int maxValue) => own.Value!.Next(maxValue);

    public override double NextDouble() => own.Value!.NextDouble();
}
