using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Transitions;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Transitions;

public sealed class FailureCaseTests
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void TenThousandMistakesOfClientsAndTroublesOfTheUpstream_ChangeNothing()
    {
        UpstreamOutcomeClass[] harmless =
        [
            .. Enum.GetValues<UpstreamOutcomeClass>().Where(outcome => outcome is (< UpstreamOutcomeClass.KeyInvalid or > UpstreamOutcomeClass.QuotaUnspecified) and not UpstreamOutcomeClass.Succeeded),
        ];
        string?[] words = [null, "INVALID_ARGUMENT", "API_KEY_INVALID", "RESOURCE_EXHAUSTED", "PERMISSION_DENIED", "CONSUMER_SUSPENDED"];
        var found = With(10);
        var ids = found.Keys.Keys.ToArray();

        for (var i = 0; i < 10_000; i++)
        {
            found.Judge(Failure(ids[i % ids.Length], harmless[i % harmless.Length], words[i % words.Length]), "proxy a", 0);
        }

        Assert.Equal(7, harmless.Length);
        Assert.True(found.Pending.IsEmpty);
        Assert.All(found.Keys.Values, key => Assert.Equal(KeyStatus.New, key.Status));
    }

    [Fact]
    public void UnnamedQuota_InATroubleOfMostPools_RestsShortlyAndCountsNoStrike()
    {
        var found = With(1);
        found.Troubles.Add(UpstreamOutcomeClass.QuotaUnspecified);
        var key = found.Keys.Values.Single();

        found.Judge(Failure(key.Id, UpstreamOutcomeClass.QuotaUnspecified, null), "proxy a", 0);

        var quota = found.Quotas.Values.Single();
        Assert.Equal((QuotaStatus.Cooling, Now.AddSeconds(5), 0), (quota.Status, quota.Until, quota.Strikes));
    }

    [Fact]
    public void SpendingLimit_HoldsForItsTime_WhateverOtherPoolsGet()
    {
        var found = With(1);
        found.Troubles.Add(UpstreamOutcomeClass.QuotaUnspecified);
        var key = found.Keys.Values.Single();
        var spent = Failure(key.Id, UpstreamOutcomeClass.QuotaUnspecified, KeyAttemptFailure.SpendReason) with { RetryAfter = TimeSpan.FromMinutes(10) };

        found.Judge(spent, "proxy a", 0);

        Assert.Equal((QuotaStatus.Cooling, Now.AddMinutes(10)), (found.Quotas.Values.Single().Status, found.Quotas.Values.Single().Until));
        Assert.False(FailureFacts.MayEject(spent));
        Assert.True(FailureFacts.MayEject(spent with { Reason = null }));
    }

    [Fact]
    public void Trouble_ThatShowsLate_GivesBackWhatItTook()
    {
        var found = With(2);
        var key = found.Keys.Values.First();
        found.Judge(Failure(key.Id, UpstreamOutcomeClass.KeyForbidden, "CONSUMER_SUSPENDED"), "proxy a", 0);
        Assert.Equal(KeyStatus.Forbidden, found.Keys[key.Id].Status);

        found.TakeBack(key.Id, UpstreamOutcomeClass.KeyInvalid, Now.AddSeconds(-10));
        Assert.Equal(KeyStatus.Forbidden, found.Keys[key.Id].Status);
        found.TakeBack(key.Id, UpstreamOutcomeClass.KeyForbidden, Now.AddSeconds(-10));
        Assert.Equal((KeyStatus.New, null), (found.Keys[key.Id].Status, found.Keys[key.Id].Reason));
    }

    [Fact]
    public void NamedQuota_StopsItsMetricAndTeachesItsLimit()
    {
        var found = With(1);
        var key = found.Keys.Values.Single();

        found.Judge(Failure(key.Id, UpstreamOutcomeClass.QuotaPerMinute, null) with { QuotaId = "GenerateContentInputTokensPerModelPerMinute-FreeTier", QuotaLimit = 250_000, RetryAfter = TimeSpan.FromSeconds(3.5) }, "proxy a", 0);

        var quota = found.Quotas.Values.Single();
        Assert.Equal((QuotaMetric.TokensPerMinute, QuotaStatus.Cooling, Now.AddSeconds(3.5)), (quota.Metric!.Value, quota.Status, quota.Until));
        Assert.Equal(250_000, found.Limits[QuotaLimits.IdOf(key.Pool, "m")].Of(QuotaMetric.TokensPerMinute));
    }

    [Theory]
    [InlineData(UpstreamOutcomeClass.KeyInvalid, 0, KeyStatus.New)]
    [InlineData(UpstreamOutcomeClass.KeyForbidden, 0, KeyStatus.New)]
    [InlineData(UpstreamOutcomeClass.KeyInvalid, 1, KeyStatus.Invalid)]
    [InlineData(UpstreamOutcomeClass.BillingRequired, 0, KeyStatus.Forbidden)]
    public void FailureThatArrivesAfterAGoodProbe_ChangesTheKeyOnlyIfItHappenedLater(UpstreamOutcomeClass outcome, int secondsLater, KeyStatus expected)
    {
        var found = With(2);
        var key = found.Keys.Values.First();
        found.FoundGood[key.Id] = Now.AddSeconds(-secondsLater);

        found.Judge(Failure(key.Id, outcome, null), "proxy a", 0);

        Assert.Equal(expected, found.Keys[key.Id].Status);
    }

    [Fact]
    public void EmptyBillingAccount_DoesNotReviveTheDeadKeysOnIt()
    {
        var found = With(3);
        var (payer, leaked) = (found.Keys.Values.First(), found.Keys.Values.Last());
        found.Judge(Failure(leaked.Id, UpstreamOutcomeClass.KeyForbidden, "API_KEY_LEAKED"), "proxy a", 0);
        found.Billed[payer.Id] = [payer.Id, leaked.Id];

        found.Judge(Failure(payer.Id, UpstreamOutcomeClass.BillingRequired, null), "proxy a", 0);

        Assert.Equal((KeyStatus.Forbidden, Reasons.Billing, Now.AddHours(1)), (found.Keys[payer.Id].Status, found.Keys[payer.Id].Reason, found.Keys[payer.Id].Until));
        Assert.Equal((KeyStatus.Forbidden, Reasons.Leaked, (DateTimeOffset?)null), (found.Keys[leaked.Id].Status, found.Keys[leaked.Id].Reason, found.Keys[leaked.Id].Until));
        Assert.Empty(KeyDecider.Recover(found.Keys[leaked.Id], Now.AddHours(2)));
    }

    private static FailureCase With(int keys)
    {
        var found = new FailureCase(Now);
        for (var i = 0; i < keys; i++)
        {
            var key = Key.After(null, new KeyAdded(Guid.CreateVersion7(), "AIza…0001", "f", null, null, "ada", Now.AddHours(-1)))!;
            found.Keys[key.Id] = key;
        }

        return found;
    }

    private static KeyAttemptFailure Failure(Guid key, UpstreamOutcomeClass outcome, string? reason) => new(key, "m", Now, outcome, 400, reason, null, null, null, null);
}
