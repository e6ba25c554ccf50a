using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.KeyPool;

/// <summary>What every balancing strategy must keep.</summary>
public abstract class BalancingStrategyContract
{
    internal abstract IBalancingStrategy Create();

    internal static PooledKey[] Keys(int count) => [.. Enumerable.Range(0, count).Select(_ => new PooledKey(new PoolKey(Guid.CreateVersion7(), new EncryptedSecret(1, ""), null)))];

    [Fact]
    public void OneCandidate_IsChosen() => Assert.Equal(0, Create().Pick("m", Keys(1)));

    [Fact]
    public void Choice_IsNeverOutsideTheList_WhateverItsSize()
    {
        var strategy = Create();

        Assert.All(Enumerable.Range(1, 50).Concat(Enumerable.Range(1, 50).Reverse()), count => Assert.InRange(strategy.Pick("m", Keys(count)), 0, count - 1));
    }

    [Fact]
    public void ParallelCalls_AreSafe()
    {
        var strategy = Create();
        var keys = Keys(7);
        var counts = new int[keys.Length];

        Parallel.For(0, 7000, _ => Interlocked.Increment(ref counts[strategy.Pick("m", keys)]));

        Assert.Equal(7000, counts.Sum());
        Assert.All(counts, count => Assert.True(count > 0));
    }

    [Fact]
    public void Name_IsSnakeCase() => Assert.Matches("^[a-z_]+$", Create().Name);
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

        Parallel.For(0, 5000, _ => Interlocked.Increment(ref counts[strategy.Pick("m", keys)]));

        Assert.All(counts, count => Assert.Equal(1000, count));
    }

    [Fact]
    public void TwoModelsInTurn_EachGetAllKeys()
    {
        var strategy = Create();
        var keys = Keys(2);
        var picks = Enumerable.Range(0, 8).Select(i => (Model: i % 2, Pick: strategy.Pick(i % 2 == 0 ? "a" : "b", keys))).ToList();

        Assert.Equal([0, 1, 0, 1], picks.Where(pick => pick.Model == 0).Select(pick => pick.Pick));
        Assert.Equal([0, 1, 0, 1], picks.Where(pick => pick.Model == 1).Select(pick => pick.Pick));
    }
}

public sealed class BalancingOptionsTests
{
    [Fact]
    public void UnknownStrategy_IsRefusedWithTheKnownNames()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Balancing:Strategy", (string?)"nope")]).Build());
        services.AddBalancing();
        using var provider = services.BuildServiceProvider();

        var refused = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<BalancingOptions>>().Value);

        Assert.Contains("'nope'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("round_robin", refused.Message, StringComparison.Ordinal);
    }
}
