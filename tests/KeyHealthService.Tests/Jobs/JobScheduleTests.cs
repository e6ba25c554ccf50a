using System.Globalization;
using GeminiBalance.ServiceDefaults.Jobs;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Jobs;

public sealed class JobScheduleTests
{
    [Theory]
    [InlineData("2026-11-25T07:59:59Z", "2026-11-25T08:00:00Z")]
    [InlineData("2026-11-25T08:00:00Z", "2026-11-26T08:00:00Z")]
    [InlineData("2026-07-01T12:00:00+02:00", "2026-07-02T07:00:00Z")]
    [InlineData("2026-03-07T08:00:00Z", "2026-03-08T08:00:00Z")]
    [InlineData("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z")]
    public void Daily_AtMidnight_FollowsTheZonesSummerTime(string earlier, string next) =>
        Assert.Equal(Time(next), Daily(0, 0, "America/Los_Angeles").NextAfter(Time(earlier)));

    [Theory]
    [InlineData("2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z")]
    [InlineData("2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z")]
    public void Daily_AtATimeThatSummerTimeSkips_ComesAnHourLater(string earlier, string next) =>
        Assert.Equal(Time(next), Daily(2, 30, "Europe/Berlin").NextAfter(Time(earlier)));

    [Fact]
    public void Every_CountsFromTheBegin() =>
        Assert.Equal(Time("2026-03-29T03:00:00Z"), new JobSchedule.Every(TimeSpan.FromHours(2)).NextAfter(Time("2026-03-29T03:00:00+02:00")));

    [Fact]
    public void Daily_InWords_SaysTimeAndZone() => Assert.Equal("02:30 Europe/Berlin", Daily(2, 30, "Europe/Berlin").ToString());

    private static JobSchedule.Daily Daily(int hour, int minute, string zone) => new(new TimeOnly(hour, minute), TimeZoneInfo.FindSystemTimeZoneById(zone));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
