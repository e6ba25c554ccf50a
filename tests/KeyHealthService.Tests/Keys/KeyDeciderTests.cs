using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Store;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Keys;

public sealed class KeyDeciderTests
{
    private static readonly DateTimeOffset Added = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = Added.AddHours(1);
    private static readonly Guid Id = Guid.CreateVersion7();

    [Fact]
    public void Judge_NewKeyThatAnswers_BecomesHealthy()
    {
        var events = KeyDecider.Judge(Given(), new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200), Now);

        Assert.Equal([new KeyHealthChanged(Id, KeyStatus.New, KeyStatus.Healthy, null, null, UpstreamOutcomeClass.Succeeded, 200, "probe", Now)], events);
    }

    [Fact]
    public void Judge_WhatIsKnown_ChangesNothing() => Assert.Empty(KeyDecider.Judge(
        Given(Health(KeyStatus.Invalid, Reasons.Unknown)), new KeyVerdict(KeyStatus.Invalid, Reasons.Unknown), Answer(UpstreamOutcomeClass.KeyInvalid, 400), Now));

    [Fact]
    public void Judge_DisabledKey_StaysDisabled() => Assert.Empty(KeyDecider.Judge(
        Given(new KeyDisabled(Id, "ada", Added)), new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200), Now));

    [Fact]
    public void Judge_FailureFromBeforeTheLastTransition_IsOldNews()
    {
        var key = Given(Health(KeyStatus.Healthy, null, at: Now.AddMinutes(-1)));
        var old = new Evidence(UpstreamOutcomeClass.KeyInvalid, 400, Now.AddMinutes(-2), "proxy a", Id);

        Assert.Empty(KeyDecider.Judge(key, new KeyVerdict(KeyStatus.Invalid, Reasons.Unknown), old, Now));
    }

    [Fact]
    public void Judge_ProbeOfAnEmptyAccount_DoesNotClearIt() => Assert.Empty(KeyDecider.Judge(
        Given(Health(KeyStatus.Forbidden, Reasons.Billing, Now.AddHours(1))), new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200), Now));

    [Fact]
    public void Recover_WhenTheTimeIsOver_LetsTheKeyTryAgain()
    {
        var key = Given(Health(KeyStatus.Forbidden, Reasons.Billing, Now));

        var recovered = Assert.IsType<KeyHealthChanged>(Assert.Single(KeyDecider.Recover(key, Now)));

        Assert.Equal((KeyStatus.Forbidden, KeyStatus.Degraded, (DateTimeOffset?)null, "clock"), (recovered.From, recovered.To, recovered.Until, recovered.By));
        Assert.Empty(KeyDecider.Recover(key, Now.AddSeconds(-1)));
    }

    [Fact]
    public void Edit_NullLeavesAndEmptyClears()
    {
        var key = Given(new KeyLabelled(Id, "old", "ada", Added), new KeyProjectSet(Id, "alpha", "ada", Added));

        Assert.Empty(KeyDecider.Edit(key, null, null, "ada", Now));
        Assert.Empty(KeyDecider.Edit(key, "old", "alpha", "ada", Now));
        Assert.Equal([new KeyLabelled(Id, null, "ada", Now)], KeyDecider.Edit(key, "", null, "ada", Now));
        Assert.Equal(
            [new KeyLabelled(Id, "new", "ada", Now), new KeyProjectSet(Id, "beta", "ada", Now)],
            KeyDecider.Edit(key, " new ", "beta", "ada", Now));
    }

    [Fact]
    public void EnableAndDisable_Twice_HappenOnce()
    {
        Assert.Single(KeyDecider.Disable(Given(), "ada", Now));
        Assert.Empty(KeyDecider.Disable(Given(new KeyDisabled(Id, "ada", Added)), "ada", Now));
        Assert.Single(KeyDecider.Enable(Given(new KeyDisabled(Id, "ada", Added)), "ada", Now));
        Assert.Empty(KeyDecider.Enable(Given(), "ada", Now));
    }

    [Fact]
    public void State_AfterAWholeLife_FollowsTheEvents()
    {
        var key = Given(Health(KeyStatus.Invalid, Reasons.Unknown), new KeyProjectSet(Id, "alpha", "ada", Added), new KeyDisabled(Id, "ada", Added), new KeyEnabled(Id, "ada", Now));

        Assert.Equal((KeyStatus.New, null, "project:alpha", Now, 5L), (key.Status, key.Reason, key.Pool, key.Since, key.Version));
        Assert.Null(Key.After(key, new KeyRemoved(Id, "ada", Now)));
    }

    private static Key Given(params IPoolEvent[] events) =>
        events.Prepend(new KeyAdded(Id, "AIza…0001", "f", null, null, "ada", Added)).Aggregate((Key?)null, (state, e) => Key.After(state, e))!;

    private static KeyHealthChanged Health(KeyStatus to, string? reason, DateTimeOffset? until = null, DateTimeOffset? at = null) =>
        new(Id, KeyStatus.New, to, reason, until, UpstreamOutcomeClass.Succeeded, null, "probe", at ?? Added);

    private static Evidence Answer(UpstreamOutcomeClass outcome, int status) => new(outcome, status, Now, "probe", Id);
}
