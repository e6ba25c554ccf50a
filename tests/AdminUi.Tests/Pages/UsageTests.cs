using GeminiBalance.AdminUi.Pages.Usage;
using GeminiBalance.AdminUi.Tests.Support;
using GeminiBalance.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.AdminUi.Tests.Pages;

public sealed class UsageTests(HostFixture fixture)
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@x", "'@x")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"hi\"", "\"say \"\"hi\"\"\"")]
    [InlineData("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"")]
    [InlineData("数据分析", "数据分析")]
    public void Field_OfAFileForSpreadsheets_IsQuotedAndNeverAFormula(string text, string field) => Assert.Equal(field, UsageExport.Field(text));

    [Theory]
    [InlineData("2026-03-08T20:00:00Z", "America/Los_Angeles", "7d", 167)]
    [InlineData("2026-11-01T20:00:00Z", "America/Los_Angeles", "7d", 169)]
    [InlineData("2026-06-01T20:00:00Z", "Asia/Shanghai", "7d", 168)]
    [InlineData("2026-06-01T20:30:00Z", "Asia/Kolkata", "24h", 24)]
    public void Range_EndsWithTheDayOfTheZone_HoweverLongThatIs(string now, string zone, string range, int hours)
    {
        var (from, to) = UsageRange.Named(range).At(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(zone));

        Assert.Equal(hours, (to - from).TotalHours);
        Assert.True(to > DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("2026-11-10T20:00:00Z", "America/Los_Angeles", "30d", 30)]
    [InlineData("2026-03-20T20:00:00Z", "America/Los_Angeles", "30d", 30)]
    [InlineData("2026-11-01T20:00:00Z", "America/Los_Angeles", "7d", 7)]
    [InlineData("2026-09-08T20:00:00Z", "America/Santiago", "7d", 7)]
    [InlineData("2026-09-12T20:00:00Z", "America/Santiago", "7d", 7)]
    [InlineData("2026-06-01T20:30:00Z", "Asia/Kolkata", "24h", 24)]
    public void Buckets_AreEachDayOnce_WhateverTheClockDid(string now, string zone, string name, int count)
    {
        var (range, place) = (UsageRange.Named(name), TimeZoneInfo.FindSystemTimeZoneById(zone));
        var (from, to) = range.At(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), place);

        var starts = UsageRange.Starts(from, to, range.Bucket, place).ToList();

        Assert.Equal((count, from), (starts.Count, starts[0]));
        if (range.Bucket == TimeSpan.FromDays(1))
        {
            var days = starts.Select(start => TimeZoneInfo.ConvertTime(start, place)).ToList();
            Assert.Equal(Enumerable.Range(0, count).Select(day => days[0].Date.AddDays(day)), days.Select(day => day.Date));
            Assert.All(days, day => Assert.InRange(day.Hour, 0, place.IsInvalidTime(day.Date) ? 1 : 0));
        }
    }

    [Theory]
    [InlineData(450, false, 450, true)]
    [InlineData(1_001, false, 1_000, false)]
    [InlineData(10, true, 0, false)]
    public async Task Names_OfKeys_AreAllOnlyWhenThereAreNoMore(int keys, bool down, int known, bool all)
    {
        await using var services = await FakeServices.StartAsync();
        services.Keys.AddRange(Enumerable.Range(0, keys).Select(number => Samples.Key(KeyStatus.Healthy, number)));
        await using var host = new AdminHost(await fixture.NewDatabaseAsync(), services);
        services.KeyHealthDown = down;
        await using var scope = host.Services.CreateAsyncScope();

        var names = await scope.ServiceProvider.GetRequiredService<GroupNames>().OfAsync(UsageGrouping.Key, CancellationToken.None);

        Assert.Equal((known, all), (names.Names.Count, names.AreAll));
    }

    [Theory]
    [InlineData(null, "—")]
    [InlineData(0.0, "$0")]
    [InlineData(0.0021, "$0.0021")]
    [InlineData(12.5, "$12.50")]
    public void Money_Unknown_IsADash(double? dollars, string words)
    {
        System.Globalization.CultureInfo.CurrentCulture = System.Globalization.CultureInfo.GetCultureInfo("en");
        Assert.Equal(words, Measure.Money(dollars));
    }
}
