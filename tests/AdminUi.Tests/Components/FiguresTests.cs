using System.Globalization;
using GeminiBalance.AdminUi.Components.Shared;
using GeminiBalance.AdminUi.Pages.Overview;
using GeminiBalance.AdminUi.Preferences;
using Microsoft.Extensions.Time.Testing;

namespace GeminiBalance.AdminUi.Tests.Components;

public sealed class FiguresTests
{
    [Theory]
    [InlineData("en", 999, "999")]
    [InlineData("en", 12_345, "12.3K")]
    [InlineData("en", 268_400_000, "268M")]
    [InlineData("zh-Hans", 9_999, "9,999")]
    [InlineData("zh-Hans", 12_345, "1.2 万")]
    [InlineData("zh-Hans", 268_400_000, "2.7 亿")]
    public void Compact_InThisCulture_UsesItsUnits(string culture, long count, string expected)
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(culture);
        Assert.Equal(expected, Figures.Compact(count));
    }

    [Fact]
    public void Percent_JustUnderAll_IsNeverRoundedUp()
    {
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("en");
        Assert.Equal("99.99 %", Figures.Percent(0.999_999));
        Assert.Equal("100 %", Figures.Percent(1));
        Assert.Null(Figures.Percent(null));
    }

    [Theory]
    [InlineData("1h", 4)]
    [InlineData("6h", 24)]
    [InlineData("24h", 24)]
    [InlineData("7d", 28)]
    public void Range_AtAnyTime_IsWholeBucketsThatHoldThePresent(string name, int buckets)
    {
        var now = new DateTimeOffset(2026, 3, 8, 13, 7, 9, TimeSpan.FromHours(8));
        var range = OverviewRange.Named(name);
        var (from, to) = range.At(now);

        Assert.Equal(buckets, (to - from) / range.Bucket);
        Assert.InRange(now, to - range.Bucket, to);
        Assert.Equal(0, from.UtcTicks % range.Bucket.Ticks);
    }

    [Theory]
    [InlineData("Asia/Shanghai", "UTC+8")]
    [InlineData("America/St_Johns", "UTC-2:30")]
    [InlineData("No/Such", "UTC")]
    [InlineData(null, "UTC")]
    public void BrowserClock_WithThisZone_NamesItsOffset(string? zone, string expected)
    {
        var clock = new BrowserClock(new FakeTimeProvider(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero)));
        clock.Use(zone);
        Assert.Equal(expected, clock.ZoneName);
    }
}
