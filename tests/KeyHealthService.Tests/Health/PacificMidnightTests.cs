using System.Globalization;
using GeminiBalance.KeyHealthService.Health;
using Xunit;

namespace GeminiBalance.KeyHealthService.Tests.Health;

public sealed class PacificMidnightTests
{
    [Theory]
    [InlineData("2026-01-15T12:00:00Z", "2026-01-16T08:00:00Z")] // winter: UTC-8
    [InlineData("2026-07-15T12:00:00Z", "2026-07-16T07:00:00Z")] // summer: UTC-7
    [InlineData("2026-07-15T06:59:59Z", "2026-07-15T07:00:00Z")] // a second before midnight there
    [InlineData("2026-07-15T07:00:00Z", "2026-07-16T07:00:00Z")] // midnight itself belongs to the new day
    [InlineData("2026-03-08T08:30:00Z", "2026-03-09T07:00:00Z")] // the day of 23 hours
    [InlineData("2026-11-01T07:30:00Z", "2026-11-02T08:00:00Z")] // the day of 25 hours
    [InlineData("2026-11-01T09:30:00Z", "2026-11-02T08:00:00Z")] // in its doubled hour
    [InlineData("2026-12-31T23:00:00Z", "2027-01-01T08:00:00Z")] // the year turns later there
    public void After_AnyInstant_IsTheNextMidnightInCalifornia(string instant, string midnight) =>
        Assert.Equal(DateTimeOffset.Parse(midnight, CultureInfo.InvariantCulture), PacificMidnight.After(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture)));
}
