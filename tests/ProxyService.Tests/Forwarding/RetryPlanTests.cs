using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Gemini.Failures;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

public sealed class RetryPlanTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Outcome, whether it is tried again, whether the same key will do.</summary>
    public static TheoryData<string, bool, bool> Outcomes => new()
    {
        { "refused", false, false },
        { "model", false, false },
        { "invalid", true, false },
        { "suspended", true, false },
        { "minute", true, false },
        { "day", true, false },
        { "overloaded", true, true },
        { "failed", true, true },
        { "unreadable", true, true },
        { "empty", true, true },
        { "malformed call", true, true },
        { "network", true, true },
        { "timeout", false, false },
        { "location", false, false },
        { "cancelled", false, false },
    };

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void EveryOutcome_IsTriedAgainOrNot(string name, bool again, bool sameKey)
    {
        var decision = RetryPlan.Decide(Situation(Of(name)), 0.5);

        Assert.Equal(again, decision is RetryDecision.Again);
        Assert.Equal(sameKey, decision is RetryDecision.Again { SameKeyWillDo: true });
    }

    [Theory]
    [MemberData(nameof(Outcomes))]
    public void NoOutcome_IsTriedAgain_OnceContentHasGoneOut(string name, bool again, bool sameKey)
    {
        Assert.True(again || !sameKey);
        Assert.IsType<RetryDecision.GiveUp>(RetryPlan.Decide(Situation(Of(name)) with { HasBegun = true }, 0.5));
    }

    [Fact]
    public void Attempts_AreAtMostAsManyAsAllowed()
    {
        Assert.IsType<RetryDecision.Again>(RetryPlan.Decide(Situation(Of("minute")) with { Attempts = 2 }, 0.5));
        Assert.IsType<RetryDecision.GiveUp>(RetryPlan.Decide(Situation(Of("minute")) with { Attempts = 3 }, 0.5));
    }

    [Fact]
    public void NoCallIsBegun_ThatCouldNotBeAnsweredInTime()
    {
        Assert.IsType<RetryDecision.GiveUp>(RetryPlan.Decide(Situation(Of("day")) with { Left = TimeSpan.FromSeconds(1.9) }, 0.5));
        Assert.IsType<RetryDecision.Again>(RetryPlan.Decide(Situation(Of("day")) with { Left = TimeSpan.FromSeconds(2) }, 0.5));
        Assert.IsType<RetryDecision.GiveUp>(RetryPlan.Decide(Situation(Of("failed")) with { Left = TimeSpan.FromSeconds(2) }, 1));
    }

    [Fact]
    public void SpentBudget_StopsWhatBurdensTheUpstream_NotWhatLeavesABadKey()
    {
        Assert.IsType<RetryDecision.GiveUp>(RetryPlan.Decide(Situation(Of("overloaded")) with { WithinBudget = false }, 0.5));
        Assert.IsType<RetryDecision.GiveUp>(RetryPlan.Decide(Situation(Of("empty")) with { WithinBudget = false }, 0.5));
        Assert.IsType<RetryDecision.Again>(RetryPlan.Decide(Situation(Of("day")) with { WithinBudget = false }, 0.5));
        Assert.IsType<RetryDecision.Again>(RetryPlan.Decide(Situation(Of("suspended")) with { WithinBudget = false }, 0.5));
    }

    [Theory]
    [InlineData("failed", 1, 0, 50)]
    [InlineData("failed", 1, 0.5, 250)]
    [InlineData("failed", 1, 1, 500)]
    [InlineData("failed", 2, 1, 1000)]
    [InlineData("overloaded", 1, 1, 2000)]
    [InlineData("overloaded", 2, 0.5, 2000)]
    [InlineData("day", 1, 1, 0)]
    public void Wait_IsFullJitter_ThatDoubles(string name, int attempts, double jitter, double milliseconds) =>
        Assert.Equal(milliseconds, Assert.IsType<RetryDecision.Again>(RetryPlan.Decide(Situation(Of(name)) with { Attempts = attempts }, jitter)).Wait.TotalMilliseconds);

    [Fact]
    public void MissingFile_IsLookedForElsewhere_OnlyWhenTheRequestNamesOne()
    {
        var missing = new UpstreamOutcome.RequestRefused(RequestFault.ResourceNotFound, "");

        Assert.IsType<RetryDecision.GiveUp>(RetryPlan.Decide(Situation(missing), 0.5));
        Assert.IsType<RetryDecision.Again>(RetryPlan.Decide(Situation(missing) with { MayBeElsewhere = true }, 0.5));
    }

    [Theory]
    [InlineData("refused", false)]
    [InlineData("cancelled", false)]
    [InlineData("minute", true)]
    [InlineData("overloaded", true)]
    [InlineData("timeout", true)]
    [InlineData("model", true)]
    public void OtherModels_AnswerOnlyWhatAnotherModelCould(string name, bool may) => Assert.Equal(may, RetryPlan.MayFallBack(Of(name)));

    [Fact]
    public void Budget_IsAFifthOfTheRequestsOfTenSeconds_AndAtLeastThree()
    {
        var time = new FakeTimeProvider();
        var budget = new RetryBudget(time);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => budget.TryTake()));

        for (var i = 0; i < 100; i++)
        {
            budget.Began();
        }

        Assert.Equal(17, Enumerable.Range(0, 50).Count(_ => budget.TryTake()));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(3, Enumerable.Range(0, 50).Count(_ => budget.TryTake()));
    }

    [Fact]
    public void Breaker_OpensWhenHalfFail_AndLetsOneCallFindOut()
    {
        var time = new FakeTimeProvider();
        var breaker = new UpstreamBreaker(time);
        for (var i = 0; i < 19; i++)
        {
            breaker.Note("m", Of("overloaded"));
        }

        Assert.Null(breaker.Blocks("m"));
        breaker.Note("m", Of("failed"));
        Assert.Equal(TimeSpan.FromSeconds(2), breaker.Blocks("m"));
        Assert.Null(breaker.Blocks("other"));

        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(breaker.Blocks("m"));
        Assert.NotNull(breaker.Blocks("m"));
        breaker.Note("m", Of("overloaded"));
        Assert.Equal(TimeSpan.FromSeconds(4), breaker.Blocks("m"));

        // One that is let through and never asks: a while later another one is.
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.Null(breaker.Blocks("m"));
        Assert.NotNull(breaker.Blocks("m"));
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(breaker.Blocks("m"));
        breaker.Note("m", new UpstreamOutcome.Answered());
        Assert.Null(breaker.Blocks("m"));
        Assert.Null(breaker.Blocks("m"));
    }

    [Fact]
    public void Breaker_IsNotMovedByWhatBlamesKeysOrClients()
    {
        var breaker = new UpstreamBreaker(new FakeTimeProvider());
        foreach (var name in (string[])["refused", "invalid", "minute", "empty", "cancelled", "model"])
        {
            for (var i = 0; i < 100; i++)
            {
                breaker.Note("m", Of(name));
            }
        }

        Assert.Null(breaker.Blocks("m"));
    }

    private static RetrySituation Situation(UpstreamOutcome outcome) => new(outcome, 1, 3, Minute, HasBegun: false, WithinBudget: true);

    private static UpstreamOutcome Of(string name) => name switch
    {
        "refused" => new UpstreamOutcome.RequestRefused(RequestFault.Invalid, ""),
        "model" => new UpstreamOutcome.ModelNotFound(""),
        "invalid" => new UpstreamOutcome.KeyRefused(KeyFault.Unknown),
        "suspended" => new UpstreamOutcome.KeyRefused(KeyFault.Suspended),
        "minute" => new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaPerMinute, Minute),
        "day" => new UpstreamOutcome.QuotaExhausted(UpstreamOutcomeClass.QuotaPerDay, Minute),
        "overloaded" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Overloaded),
        "failed" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Failed),
        "unreadable" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Unreadable),
        "empty" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Empty),
        "malformed call" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Empty) { Code = "malformed_function_call" },
        "network" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Network),
        "timeout" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.Timeout),
        "location" => new UpstreamOutcome.UpstreamFailed(UpstreamFault.LocationNotSupported),
        _ => new UpstreamOutcome.Cancelled(),
    };
}
