using GeminiBalance.AdminUi.Pages.Usage;

namespace GeminiBalance.AdminUi.Tests.Pages;

public sealed class UsageTests
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
