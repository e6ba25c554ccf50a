using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Quotas;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Quotas;

public sealed class QuotaDeciderTests
{
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid KeyId = Guid.CreateVersion7();
    private static readonly Quota Fresh = Quota.Unknown("project:alpha", "gemini-2.5-flash");
    private static readonly Evidence Seen = new(UpstreamOutcomeClass.QuotaPerMinute, 429, Now, "proxy a", KeyId, "PerMinute-FreeTier", 10);

    [Fact]
    public void Judge_FreshQuota_TakesTheVerdictAndKeepsItsCause()
    {
        var changed = Assert.Single(QuotaDecider.Judge(Fresh, new QuotaVerdict(QuotaStatus.Cooling, Now.AddSeconds(60)), Seen, Now));

        Assert.Equal(
            new QuotaChanged(
                Fresh.Id, "project:alpha", "gemini-2.5-flash", QuotaStatus.Available, QuotaStatus.Cooling, Now.AddSeconds(60),
                UpstreamOutcomeClass.QuotaPerMinute, 429, "PerMinute-FreeTier", 10, KeyId, "proxy a", Now),
            changed);
    }

    [Theory]
    [InlineData("Cooling", 60, "Cooling", 61, false)] // said already
    [InlineData("Cooling", 60, "Cooling", 90, true)] // clearly longer
    [InlineData("Cooling", 60, "Exhausted", 3600, true)] // worse
    [InlineData("Exhausted", 3600, "Cooling", 60, false)] // less, and shorter
    [InlineData("NotOffered", 86400, "Exhausted", 3600, false)]
    [InlineData("Exhausted", -1, "Cooling", 60, true)] // over already
    [InlineData("Cooling", -60, "Cooling", -1, false)] // news from yesterday
    public void Judge_QuotaWithAState_ChangesOnlyForNews(string state, int until, string verdict, int verdictUntil, bool changes)
    {
        var quota = Fresh with { Status = Enum.Parse<QuotaStatus>(state), Until = Now.AddSeconds(until), Version = 1 };

        var events = QuotaDecider.Judge(quota, new QuotaVerdict(Enum.Parse<QuotaStatus>(verdict), Now.AddSeconds(verdictUntil)), Seen, Now);

        Assert.Equal(changes ? 1 : 0, events.Count);
    }

    [Fact]
    public void Recover_AtItsTime_MakesTheQuotaAvailableOnce()
    {
        var cooling = Fresh with { Status = QuotaStatus.Cooling, Until = Now, Version = 1 };

        var recovered = Assert.Single(QuotaDecider.Recover(cooling, Now));
        var after = Quota.After(cooling, recovered);

        Assert.Equal((QuotaStatus.Available, (DateTimeOffset?)null, 2L), (after.Status, after.Until, after.Version));
        Assert.Empty(QuotaDecider.Recover(after, Now));
        Assert.Empty(QuotaDecider.Recover(cooling, Now.AddTicks(-1)));
    }

    [Fact]
    public void Strikes_GrowUntilASuccess()
    {
        var bare = Seen with { Outcome = UpstreamOutcomeClass.QuotaUnspecified };
        var quota = Fresh;
        for (var i = 0; i < 3; i++)
        {
            var strikes = QuotaDecider.StrikesOf(quota, null);
            Assert.Equal(i, strikes);
            quota = QuotaDecider.Judge(quota, new QuotaVerdict(QuotaStatus.Cooling, Now.AddSeconds(30)), bare, Now, strikes).Aggregate(quota, Quota.After);
            quota = QuotaDecider.Recover(quota, Now.AddSeconds(30)).Aggregate(quota, Quota.After);
        }

        Assert.Equal(3, QuotaDecider.StrikesOf(quota, quota.Since));
        Assert.Equal(0, QuotaDecider.StrikesOf(quota, quota.Since.AddSeconds(1)));
    }

    [Fact]
    public void Reset_EndsTheStateAndWhatWasSeenBefore()
    {
        var cooling = Fresh with { Status = QuotaStatus.Exhausted, Until = Now.AddHours(9), Strikes = 2, Version = 1 };

        var after = QuotaDecider.Reset(cooling, "ada", Now).Aggregate(cooling, Quota.After);

        Assert.Equal((QuotaStatus.Available, 0, (DateTimeOffset?)Now), (after.Status, after.Strikes, after.ResetAt));
        Assert.Empty(QuotaDecider.Judge(after, new QuotaVerdict(QuotaStatus.Exhausted, Now.AddHours(9)), Seen with { At = Now.AddSeconds(-5) }, Now));
        Assert.Single(QuotaDecider.Judge(after, new QuotaVerdict(QuotaStatus.Exhausted, Now.AddHours(9)), Seen with { At = Now.AddSeconds(5) }, Now.AddSeconds(5)));
        Assert.Empty(QuotaDecider.Reset(after, "ada", Now));
    }

    [Fact]
    public void IdOf_EqualPoolAndModel_IsOneStream()
    {
        Assert.Equal(Quota.IdOf("project:a", "m"), Quota.IdOf("project:a", "m"));
        Assert.NotEqual(Quota.IdOf("project:a", "m"), Quota.IdOf("project:a", "n"));
        Assert.NotEqual(Quota.IdOf("project:a", "m"), Quota.IdOf("key:a", "m"));
        Assert.NotEqual(Quota.IdOf("project:a", "m"), Quota.IdOf("project:a", "m", QuotaMetric.RequestsPerDay));
    }
}
