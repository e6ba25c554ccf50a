using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Quotas;

public sealed class QuotaLimitsTests
{
    private const string Pool = "project:alpha";
    private static readonly DateTimeOffset Now = new(2026, 7, 1, 12, 30, 20, TimeSpan.Zero);

    [Fact]
    public void Of_BothKnown_TheOperatorsWordHolds()
    {
        var learned = Then(QuotaLimits.Unknown(Pool, "m"), QuotaLimits.Unknown(Pool, "m").Learn(QuotaMetric.RequestsPerDay, 250, "PerDay", "proxy a", Now));
        var set = Then(learned, learned.Change(new SetLimits("m", null, null, 200), "ada", Now));
        var cleared = Then(set, set.Change(new SetLimits("m", null, null, null), "ada", Now));

        Assert.Equal((250, 200, 250), (learned.Of(QuotaMetric.RequestsPerDay), set.Of(QuotaMetric.RequestsPerDay), cleared.Of(QuotaMetric.RequestsPerDay)));
        Assert.Null(set.Of(QuotaMetric.RequestsPerMinute));
        Assert.Empty(set.Change(new SetLimits("m", null, null, 200), "ada", Now));
        Assert.Equal(3, cleared.Version);
    }

    [Theory]
    [InlineData(250, 0)] // known
    [InlineData(0, 0)] // not offered is no limit
    [InlineData(300, 1)] // Google changed it
    public void Learn_OnlyNews_IsAnEvent(long limit, int events)
    {
        var limits = Then(QuotaLimits.Unknown(Pool, "m"), QuotaLimits.Unknown(Pool, "m").Learn(QuotaMetric.RequestsPerDay, 250, "PerDay", "proxy a", Now));

        Assert.Equal(events, limits.Learn(QuotaMetric.RequestsPerDay, limit, "PerDay", "proxy a", Now).Count);
    }

    [Fact]
    public void Windows_OfAPool_CountWhatRunsAndFallBackToTheLimitsOfEveryModel()
    {
        var every = Then(QuotaLimits.Unknown(Pool, "*"), QuotaLimits.Unknown(Pool, "*").Change(new SetLimits("*", 10, null, null), "ada", Now));
        var own = Then(QuotaLimits.Unknown(Pool, "pro"), QuotaLimits.Unknown(Pool, "pro").Change(new SetLimits("pro", 5, 1000, 100), "ada", Now));
        var minute = new DateTimeOffset(2026, 7, 1, 12, 30, 0, TimeSpan.Zero);
        var use = new QuotaLedger.Use(minute, 4, 700, new DateOnly(2026, 7, 1), 90, 9000);
        var yesterday = new QuotaLedger.Use(minute.AddMinutes(-1), 4, 700, new DateOnly(2026, 6, 30), 90, 9000);

        var quotas = QuotaReader.Of(Pool, [every, own], [("pro", use), ("flash", yesterday)], Now).ToDictionary(quota => quota.Model);

        Assert.Equal(["*", "pro", "flash"], quotas.Keys);
        Assert.Equal(
            [
                new QuotaWindow(QuotaMetric.RequestsPerMinute, 5, 4, minute.AddMinutes(1)),
                new QuotaWindow(QuotaMetric.TokensPerMinute, 1000, 700, minute.AddMinutes(1)),
                new QuotaWindow(QuotaMetric.RequestsPerDay, 100, 90, new DateTimeOffset(2026, 7, 2, 7, 0, 0, TimeSpan.Zero)),
            ],
            quotas["pro"].Windows);
        Assert.Equal([new QuotaWindow(QuotaMetric.RequestsPerMinute, 10, 0, minute.AddMinutes(1))], quotas["flash"].Windows);
    }

    private static QuotaLimits Then(QuotaLimits limits, IReadOnlyList<IPoolEvent> events) => events.Aggregate(limits, QuotaLimits.After);
}
