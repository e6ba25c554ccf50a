using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Health;

public sealed class QuotaNameTests
{
    [Theory]
    [InlineData("GenerateRequestsPerDayPerProjectPerModel-FreeTier", QuotaMetric.RequestsPerDay, KeyTier.Free)]
    [InlineData("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", QuotaMetric.RequestsPerMinute, KeyTier.Free)]
    [InlineData("GenerateContentInputTokensPerModelPerMinute-FreeTier", QuotaMetric.TokensPerMinute, KeyTier.Free)]
    [InlineData("GenerateContentInputTokensPerModelPerDay-FreeTier", QuotaMetric.TokensPerDay, KeyTier.Free)]
    [InlineData("GenerateContentPaidTierInputTokensPerModelPerMinute", QuotaMetric.TokensPerMinute, KeyTier.Paid)]
    [InlineData("GenerateRequestsPerMinutePerProjectPerModel", QuotaMetric.RequestsPerMinute, null)]
    [InlineData("GenerateRequestsPerDayPerProjectPerModel", QuotaMetric.RequestsPerDay, null)]
    [InlineData("EmbedContentRequestsPerMinutePerUserPerProjectPerModel-FreeTier", QuotaMetric.RequestsPerMinute, KeyTier.Free)]
    [InlineData("SomethingNewTokensPerDay_PAID_TIER", QuotaMetric.TokensPerDay, KeyTier.Paid)]
    [InlineData("GroundingRequestsPerDayPerProject", null, null)]
    [InlineData("RequestsPerFortnight", null, null)]
    [InlineData("", null, null)]
    [InlineData(null, null, null)]
    public void Read_AnyId_TakesWhatItsPartsSay(string? id, QuotaMetric? metric, KeyTier? tier) =>
        Assert.Equal(new QuotaName(metric, tier), QuotaName.Read(id));
}
