using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Activities;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Activities;

public sealed class LastUseTests
{
    [Fact]
    public void Fold_RequestsInAnyOrder_KeepsTheNewestOfEachKeyTriedAndOfEachAccessKey()
    {
        var failedOver = Facts.Fact(at: Facts.Noon.AddMinutes(3), accessKey: Facts.Bob) with
        {
            Attempts = [new AttemptFact(Facts.KeyA, UpstreamOutcomeClass.QuotaPerMinute, 429, 5), new AttemptFact(Facts.KeyB, UpstreamOutcomeClass.Succeeded, 200, 5)],
        };
        var refused = Facts.Fact(RequestOutcome.Limited, Facts.Noon.AddMinutes(9)) with { KeyId = null, Attempts = [] };
        var stranger = Facts.Fact(RequestOutcome.ClientError, Facts.Noon.AddMinutes(10)) with { KeyId = null, AccessKeyId = null, Attempts = [] };

        var uses = LastUseView.Fold([failedOver, stranger, Facts.Fact(at: Facts.Noon), refused, Facts.Fact(at: new DateTimeOffset(2026, 3, 4, 13, 1, 0, TimeSpan.FromHours(1)))]);

        Assert.Equal(
            new Dictionary<(UsedKind, Guid), DateTimeOffset>
            {
                [(UsedKind.AccessKey, Facts.Alice)] = Facts.Noon.AddMinutes(9),
                [(UsedKind.AccessKey, Facts.Bob)] = Facts.Noon.AddMinutes(3),
                [(UsedKind.Key, Facts.KeyA)] = Facts.Noon.AddMinutes(3),
                [(UsedKind.Key, Facts.KeyB)] = Facts.Noon.AddMinutes(3),
            },
            uses.ToDictionary());
        Assert.All(uses.Values, at => Assert.Equal(TimeSpan.Zero, at.Offset));
    }
}
