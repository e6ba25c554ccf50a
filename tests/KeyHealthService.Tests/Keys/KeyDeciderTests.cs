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

        Assert.Empty(KeyDecider.Edit(key, new EditKey(null, null), "ada", Now));
        Assert.Empty(KeyDecider.Edit(key, new EditKey("old", "alpha", Tags: []), "ada", Now));
        Assert.Equal([new KeyLabelled(Id, null, "ada", Now)], KeyDecider.Edit(key, new EditKey("", null), "ada", Now));
        Assert.Equal(
            [new KeyLabelled(Id, "new", "ada", Now), new KeyProjectSet(Id, "beta", "ada", Now)],
            KeyDecider.Edit(key, new EditKey(" new ", "beta"), "ada", Now));
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

    [Fact]
    public void Edit_RoutingAndTags_ChangeOnlyWhatWasSaid()
    {
        var key = Given(new KeyRoutingSet(Id, KeyTier.Free, 50, null, "ada", Added));

        Assert.Equal([new KeyRoutingSet(Id, KeyTier.Paid, 50, 0, "ada", Now)], KeyDecider.Edit(key, new EditKey(null, null, KeyTier.Paid, null, 0), "ada", Now));
        Assert.Equal([new KeyTagged(Id, "eu,us", "ada", Now)], KeyDecider.Edit(key, new EditKey(null, null, Tags: ["eu", " us ", "eu"]), "ada", Now));
        Assert.Empty(KeyDecider.Edit(Given(new KeyTagged(Id, "eu", "ada", Added)), new EditKey(null, null, Tags: ["eu"]), "ada", Now));
    }

    [Fact]
    public void Undo_OfTransitions_GoesBackOneByOneWithReasonAndTime()
    {
        var key = Given(Health(KeyStatus.Forbidden, Reasons.Billing, Now.AddHours(2)), new KeyDisabled(Id, "ada", Now));

        var first = Then(key, KeyDecider.Undo(key, "bob", Now));
        var second = Then(first, KeyDecider.Undo(first, "bob", Now));

        Assert.Equal((KeyStatus.Forbidden, Reasons.Billing, Now.AddHours(2), Now), (first.Status, first.Reason, first.Until, first.Since));
        Assert.Equal((KeyStatus.New, null, (DateTimeOffset?)null), (second.Status, second.Reason, second.Until));
        Assert.Empty(KeyDecider.Undo(second, "bob", Now));
    }

    [Fact]
    public void Undo_ByCause_StopsAtWhatAnotherCauseDid()
    {
        var key = Given(Health(KeyStatus.Degraded, Reasons.Suspect), Health(KeyStatus.Invalid, Reasons.Unknown), new KeyDisabled(Id, "ada", Now));

        Assert.Empty(KeyDecider.Undo(key, step => step.By == "probe", "bob", Now));
        var undone = Assert.IsType<KeyTransitionUndone>(Assert.Single(KeyDecider.Undo(Then(key, KeyDecider.Undo(key, "bob", Now)), step => step.By == "probe", "bob", Now)));
        Assert.Equal((2, KeyStatus.Invalid, KeyStatus.New), (undone.Steps, undone.From, undone.To));
    }

    [Fact]
    public void Judge_AnswerFromBeforeAnUndo_IsOldNews()
    {
        var key = Given(Health(KeyStatus.Invalid, Reasons.Unknown));
        var undone = Then(key, KeyDecider.Undo(key, "bob", Now));
        var old = new Evidence(UpstreamOutcomeClass.KeyInvalid, 400, Now.AddSeconds(-3), "proxy a", Id);

        Assert.Empty(KeyDecider.Judge(undone, new KeyVerdict(KeyStatus.Invalid, Reasons.Unknown), old, Now));
    }

    [Fact]
    public void Retired_Key_IsLeftAloneUntilItIsTakenBack()
    {
        var key = Given(new KeyRetired(Id, Reasons.Cleanup, "cleanup", Added));

        Assert.Empty(KeyDecider.Judge(key, new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200), Now));
        Assert.Empty(KeyDecider.Disable(key, "ada", Now));
        Assert.Empty(KeyDecider.Retire(key, Reasons.Cleanup, "cleanup", Now));
        Assert.Equal(KeyStatus.New, Then(key, KeyDecider.Enable(key, "ada", Now)).Status);
    }

    [Fact]
    public void Judge_SuccessOverAnEmptyAccount_CountsWhenARequestSawIt()
    {
        var key = Given(Health(KeyStatus.Forbidden, Reasons.Billing, Now.AddHours(1)));

        Assert.Empty(KeyDecider.Judge(key, new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200), Now));
        Assert.Single(KeyDecider.Judge(key, new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200) with { By = "proxy a" }, Now));
    }

    [Fact]
    public void Judge_SuccessOfAProbe_FreesAKeyWhoseEmptyAccountNoTimeEnds()
    {
        var key = Given(Health(KeyStatus.Forbidden, Reasons.Billing));

        var freed = Assert.IsType<KeyHealthChanged>(Assert.Single(KeyDecider.Judge(key, new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200), Now)));

        Assert.Equal((KeyStatus.Forbidden, KeyStatus.Healthy), (freed.From, freed.To));
    }

    [Fact]
    public void Judge_EmptyAccountThatNoTimeEnds_GetsOneWithTheNextRefusalAndOnlyThen()
    {
        var verdict = new KeyVerdict(KeyStatus.Forbidden, Reasons.Billing, Now.AddHours(1));
        var key = Given(Health(KeyStatus.Forbidden, Reasons.Billing));

        var timed = Then(key, KeyDecider.Judge(key, verdict, Answer(UpstreamOutcomeClass.BillingRequired, 402), Now));

        Assert.Equal(Now.AddHours(1), timed.Until);
        Assert.Empty(KeyDecider.Judge(timed, verdict with { Until = Now.AddHours(2) }, Answer(UpstreamOutcomeClass.BillingRequired, 402), Now));
        Assert.Equal(KeyStatus.Degraded, Then(timed, KeyDecider.Recover(timed, Now.AddHours(1))).Status);
    }

    [Theory]
    [InlineData(KeyStatus.Invalid, Reasons.Unknown)]
    [InlineData(KeyStatus.Forbidden, Reasons.Leaked)]
    [InlineData(KeyStatus.Forbidden, Reasons.Suspended)]
    public void Judge_EmptyAccountOfADeadKey_LeavesItDead(KeyStatus status, string reason)
    {
        var dead = Given(Health(status, reason));

        Assert.Empty(KeyDecider.Judge(dead, new KeyVerdict(KeyStatus.Forbidden, Reasons.Billing, Now.AddHours(1)), Answer(UpstreamOutcomeClass.BillingRequired, 402), Now));
        Assert.Single(KeyDecider.Judge(dead, new KeyVerdict(KeyStatus.Healthy, null), Answer(UpstreamOutcomeClass.Succeeded, 200), Now));
    }

    private static Key Then(Key key, IReadOnlyList<IPoolEvent> events) => events.Aggregate((Key?)key, (state, e) => Key.After(state, e))!;

    private static Key Given(params IPoolEvent[] events) =>
        events.Prepend(new KeyAdded(Id, "AIza…0001", "f", null, null, "ada", Added)).Aggregate((Key?)null, (state, e) => Key.After(state, e))!;

    private static KeyHealthChanged Health(KeyStatus to, string? reason, DateTimeOffset? until = null, DateTimeOffset? at = null) =>
        new(Id, KeyStatus.New, to, reason, until, UpstreamOutcomeClass.Succeeded, null, "probe", at ?? Added);

    private static Evidence Answer(UpstreamOutcomeClass outcome, int status) => new(outcome, status, Now, "probe", Id);
}
