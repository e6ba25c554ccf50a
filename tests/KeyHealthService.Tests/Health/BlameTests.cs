using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Health;

public sealed class BlameTests
{
    private static readonly DateTimeOffset At = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(UpstreamOutcomeClass.ClientError)]
    [InlineData(UpstreamOutcomeClass.ModelNotFound)]
    [InlineData(UpstreamOutcomeClass.Overloaded)]
    [InlineData(UpstreamOutcomeClass.UpstreamError)]
    [InlineData(UpstreamOutcomeClass.Timeout)]
    [InlineData(UpstreamOutcomeClass.NetworkError)]
    [InlineData(UpstreamOutcomeClass.Cancelled)]
    public void Of_WhatIsNotTheKeysFault_HasNoVerdict(UpstreamOutcomeClass outcome) => Assert.Null(Blame.Of(outcome, "API_KEY_INVALID", At, TimeSpan.FromSeconds(3), 0));

    [Theory]
    [InlineData(null, "api_key_invalid")]
    [InlineData("API_KEY_INVALID", "api_key_invalid")]
    [InlineData("ACCESS_TOKEN_TYPE_UNSUPPORTED", "key_type_rejected")]
    public void Of_InvalidKey_IsInvalidForGood(string? upstream, string reason) =>
        Assert.Equal(new KeyVerdict(KeyStatus.Invalid, reason), Blame.Of(UpstreamOutcomeClass.KeyInvalid, upstream, At, null, 0));

    [Theory]
    [InlineData(null, "refused")]
    [InlineData("PERMISSION_DENIED", "refused")]
    [InlineData("CONSUMER_SUSPENDED", "suspended")]
    [InlineData("SERVICE_DISABLED", "service_disabled")]
    [InlineData("API_KEY_SERVICE_BLOCKED", "restricted")]
    [InlineData("API_KEY_IP_ADDRESS_BLOCKED", "restricted")]
    [InlineData("API_KEY_LEAKED", "leaked")]
    public void Of_ForbiddenKey_SaysWhyInOurWords(string? upstream, string reason) =>
        Assert.Equal(new KeyVerdict(KeyStatus.Forbidden, reason), Blame.Of(UpstreamOutcomeClass.KeyForbidden, upstream, At, null, 0));

    [Theory]
    [InlineData(UpstreamOutcomeClass.BillingRequired, null)]
    [InlineData(UpstreamOutcomeClass.KeyForbidden, "BILLING_DISABLED")]
    public void Of_EmptyBillingAccount_IsForbiddenForAnHour(UpstreamOutcomeClass outcome, string? reason) =>
        Assert.Equal(new KeyVerdict(KeyStatus.Forbidden, "billing", At.AddHours(1)), Blame.Of(outcome, reason, At, null, 0));

    [Theory]
    [InlineData(null, 0.0, 60.0)]
    [InlineData(0.0, 0.0, 1.0)]
    [InlineData(33.5, 0.0, 33.5)]
    [InlineData(33.5, 0.25, 33.75)]
    [InlineData(86400.0, 0.0, 3600.0)]
    public void Of_MinuteQuota_CoolsForWhatTheUpstreamAsks(double? retryAfter, double jitter, double seconds)
    {
        var asked = retryAfter is { } value ? TimeSpan.FromSeconds(value) : (TimeSpan?)null;

        Assert.Equal(new QuotaVerdict(QuotaStatus.Cooling, At.AddSeconds(seconds)), Blame.Of(UpstreamOutcomeClass.QuotaPerMinute, null, At, asked, jitter));
    }

    [Fact]
    public void Of_DayQuota_LastsUntilMidnightInCaliforniaWhateverTheUpstreamAsks() =>
        Assert.Equal(
            new QuotaVerdict(QuotaStatus.Exhausted, new DateTimeOffset(2026, 7, 2, 7, 0, 0, TimeSpan.Zero)),
            Blame.Of(UpstreamOutcomeClass.QuotaPerDay, null, At, TimeSpan.FromSeconds(51), 0));

    [Theory]
    [InlineData(null, 1)]
    [InlineData("RESOURCE_EXHAUSTED", 1)]
    [InlineData("NOT_FOUND", 7)]
    public void Of_ModelNotOffered_LastsADayAndAWeekWhenItIsClosedToTheAccount(string? reason, int days) =>
        Assert.Equal(new QuotaVerdict(QuotaStatus.NotOffered, At.AddDays(days)), Blame.Of(UpstreamOutcomeClass.QuotaNotOffered, reason, At, TimeSpan.FromSeconds(11), 0));

    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 60)]
    [InlineData(2, 300)]
    [InlineData(9, 300)]
    public void Of_UnnamedQuota_CoolsLongerWithEveryOneInARow(int strikes, int seconds) =>
        Assert.Equal(new QuotaVerdict(QuotaStatus.Cooling, At.AddSeconds(seconds)), Blame.Of(UpstreamOutcomeClass.QuotaUnspecified, null, At, null, 0, strikes));

    [Theory]
    [InlineData(600, 0, 600)]
    [InlineData(30, 1, 60)]
    [InlineData(86400, 2, 3600)]
    public void Of_UnnamedQuota_CoolsAtLeastAsLongAsTheUpstreamAsks(int asked, int strikes, int seconds) =>
        Assert.Equal(new QuotaVerdict(QuotaStatus.Cooling, At.AddSeconds(seconds)), Blame.Of(UpstreamOutcomeClass.QuotaUnspecified, KeyAttemptFailure.SpendReason, At, TimeSpan.FromSeconds(asked), 0, strikes));
}
