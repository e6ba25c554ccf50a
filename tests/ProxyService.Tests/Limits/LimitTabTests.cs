using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Limits;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Limits;

/// <summary>When a replica lets requests in on the word of an account, and what it tells the account of them.</summary>
public sealed class LimitTabTests
{
    private static readonly AccessKeyLimits Large = new(RequestsPerMinute: 1000, TokensPerDay: 1_000_000);
    private readonly FakeTimeProvider time = new();
    private readonly LimitTab tab = new(Guid.CreateVersion7());

    [Fact]
    public void BeforeTheAccountHasAnswered_AndWhenItsWordIsOld_RequestsAsk()
    {
        Assert.False(Takes(Large));
        Answered(Large, left: 1000);
        Assert.True(Takes(Large));
        time.Advance(LimitTab.Fresh - TimeSpan.FromMilliseconds(1));
        Assert.True(Takes(Large));
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(Takes(Large));
    }

    [Theory]
    [InlineData(1000, 1, 10)]
    [InlineData(1000, 4, 2)]
    [InlineData(20, 1, 5)]
    [InlineData(3, 1, 0)]
    [InlineData(1000, 0, 0)]
    public void AWord_IsGoodForAHundredthOfTheLimit_OrAQuarterOfWhatIsLeft(long left, int replicas, int taken)
    {
        Answered(Large, left, replicas: replicas);
        Assert.Equal(taken, Enumerable.Range(0, 50).TakeWhile(_ => Takes(Large)).Count());
    }

    [Fact]
    public void TokensAndCosts_AreHeldToTheSame()
    {
        Answered(Large, left: 1000);
        Assert.False(Takes(Large, tokens: 10_001));
        Assert.True(Takes(Large, tokens: 6000));
        Assert.False(Takes(Large, tokens: 6000));

        var cost = new AccessKeyLimits(CostPerMonth: 1);
        Answered(cost, left: null);
        Assert.False(Takes(cost, cost: 10_001));
        Assert.True(Takes(cost, cost: 10_000));
        Assert.False(Takes(cost, cost: 1));
    }

    [Fact]
    public void RefusedRequests_AndOtherLimits_Ask()
    {
        Answered(Large, left: 1000, reached: LimitKind.TokensPerDay);
        Assert.False(Takes(Large));
        Answered(Large, left: 1000);
        Assert.False(Takes(Large with { RequestsPerMinute = 2000 }));
        Assert.True(Takes(Large with { }));
    }

    [Fact]
    public void WhatIsSettled_CountsAtOnce()
    {
        Answered(Large, left: 1000);
        var demand = Demand(Large, tokens: 100);
        Assert.True(tab.TryTake(demand, time, out _, out _));
        tab.Settle(demand, 10_000, 0);
        Assert.False(Takes(Large, tokens: 1));

        tab.Settle(Demand(Large, tokens: 500), 0, 0);
        Assert.True(Takes(Large, tokens: 1));
    }

    [Fact]
    public void WhatIsLeft_IsToldWithoutAsking()
    {
        Answered(Large, left: 800);
        Assert.True(tab.TryTake(Demand(Large), time, out _, out _));
        Assert.True(tab.TryTake(Demand(Large), time, out var verdict, out _));
        Assert.Equal((LimitKind.None, 798L, TimeSpan.FromMinutes(0.202)), (verdict.Reached, verdict.RequestsLeft, verdict.RequestsReset));

        // A bucket of a thousand a minute gets three back in 180 ms.
        time.Advance(TimeSpan.FromMilliseconds(180));
        Assert.True(tab.TryTake(Demand(Large), time, out verdict, out _));
        Assert.Equal(800L, verdict.RequestsLeft);
        time.Advance(TimeSpan.FromSeconds(1));
        Answered(Large, left: 1000);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(tab.TryTake(Demand(Large), time, out verdict, out _));
        Assert.Equal(999L, verdict.RequestsLeft);
    }

    [Fact]
    public void TheAccount_IsToldEverything_Once()
    {
        Answered(Large, left: 1000);
        Assert.True(tab.TryTake(Demand(Large, tokens: 300, cost: 7), time, out _, out var first));
        Assert.True(tab.TryTake(Demand(Large, tokens: 300, cost: 7), time, out _, out var second));
        Assert.Equal((false, false), tab.Settle(Demand(Large, tokens: 300, cost: 7), 250, 5));
        Assert.Equal((true, false), (first, second));

        Assert.Equal((2L, 550L, 12L), Told());
        Assert.False(tab.HasNews());
        Assert.Equal((true, false), tab.Settle(Demand(Large, tokens: 300, cost: 7), 250, 5));
        Assert.Equal((0L, -50L, -2L), Told());
    }

    [Fact]
    public void WhatCouldNotBeTold_IsToldLater()
    {
        var limits = Large with { Concurrency = 1000 };
        Answered(limits, left: 1000);
        var (stays, leaves) = (Demand(limits, tokens: 300), Demand(limits, tokens: 300));
        Assert.True(tab.TryTake(stays, time, out _, out _));
        Assert.True(tab.TryTake(leaves, time, out _, out _));
        var (_, untold) = tab.Take();
        tab.Settle(leaves, 100, 0);
        tab.Untold(untold);

        var (_, news) = tab.Take();
        Assert.Equal((2L, 400L), (news.Requests, news.Tokens));
        Assert.Equal([stays.Lease], news.Taken);
        Assert.Equal([leaves.Lease], news.Given);
        Assert.Equal([stays.Lease], tab.Held());
    }

    [Fact]
    public void Places_ThatCameBackUntold_NeverReachTheAccount_AndOthersAreGivenBack()
    {
        var limits = new AccessKeyLimits(Concurrency: 200);
        Answered(limits, left: null, held: 10);
        var (quick, slow) = (Demand(limits), Demand(limits));
        Assert.True(tab.TryTake(quick, time, out _, out _));
        Assert.True(tab.TryTake(slow, time, out _, out _));
        Assert.False(Takes(limits));
        Assert.False(tab.Settle(quick, 0, 0).IsUrgent);
        Assert.True(Takes(limits));

        Assert.DoesNotContain(quick.Lease, tab.Take().News.Taken);
        Assert.Contains(slow.Lease, tab.Held());
        Assert.True(tab.Settle(slow, 0, 0).IsUrgent);
        Assert.Equal([slow.Lease], tab.Take().News.Given);
    }

    private static LimitDemand Demand(AccessKeyLimits limits, long tokens = 0, long cost = 0) => new(Guid.Empty, limits, tokens, cost, Guid.CreateVersion7());

    private bool Takes(AccessKeyLimits limits, long tokens = 0, long cost = 0) => tab.TryTake(Demand(limits, tokens, cost), time, out _, out _);

    private void Answered(AccessKeyLimits limits, long? left, int replicas = 1, LimitKind reached = LimitKind.None, long held = 0) =>
        tab.Answered(new LimitVerdict(reached, TimeSpan.Zero, left, TimeSpan.Zero, null, TimeSpan.Zero) { Held = held }, limits, null, replicas, time);

    private (long Requests, long Tokens, long Cost) Told()
    {
        var (_, news) = tab.Take();
        return (news.Requests, news.Tokens, news.Cost);
    }
}
