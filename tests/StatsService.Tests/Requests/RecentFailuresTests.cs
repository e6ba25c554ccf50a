using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Requests;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Requests;

public sealed class RecentFailuresTests
{
    [Theory]
    [InlineData(RequestOutcome.Succeeded, false)]
    [InlineData(RequestOutcome.Aborted, false)]
    [InlineData(RequestOutcome.ClientError, true)]
    [InlineData(RequestOutcome.Limited, true)]
    [InlineData(RequestOutcome.NoKey, true)]
    [InlineData(RequestOutcome.UpstreamError, true)]
    [InlineData(RequestOutcome.InternalError, true)]
    public void Fold_EachOutcome_KeepsWhatFailed(RequestOutcome outcome, bool kept) =>
        Assert.Equal(kept ? 1 : 0, RecentFailures.Fold([Facts.Fact(outcome)]).Count());

    [Fact]
    public void Fold_SeveralAttempts_NamesTheLast()
    {
        var fact = Facts.Fact(RequestOutcome.UpstreamError) with
        {
            Attempts = [new AttemptFact(Facts.KeyA, UpstreamOutcomeClass.QuotaPerMinute, 429, 5), new AttemptFact(Facts.KeyB, UpstreamOutcomeClass.Timeout, null, 9)],
        };

        var failure = Assert.Single(RecentFailures.Fold([fact]));

        Assert.Equal((fact.Id, Facts.KeyB, 2, UpstreamOutcomeClass.Timeout), (failure.Id, failure.KeyId, failure.Attempts, failure.LastAttempt));
    }

    [Fact]
    public void Fold_ManyOfOneOutcome_KeepsTheNewestAndAllOthers()
    {
        var mistakes = Enumerable.Range(0, RecentFailures.Kept + 50).Select(n => Facts.Fact(RequestOutcome.ClientError, Facts.Noon.AddSeconds(n))).ToArray();
        var outage = Facts.Fact(RequestOutcome.UpstreamError, Facts.Noon.AddDays(-1));

        var kept = RecentFailures.Fold([.. mistakes, outage]).Select(failure => failure.Id).ToHashSet();

        Assert.Equal(RecentFailures.Kept + 1, kept.Count);
        Assert.Contains(outage.Id, kept);
        Assert.DoesNotContain(mistakes[49].Id, kept);
        Assert.Contains(mistakes[50].Id, kept);
    }
}
