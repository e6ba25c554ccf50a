namespace GeminiBalance.ProxyService.Gemini.Failures;

/// <summary>When Google's daily quotas return: midnight in Los Angeles.</summary>
internal static class PacificMidnight
{
    private static readonly TimeZoneInfo Pacific = Find();

    /// <summary>The next midnight after a moment.</summary>
    /// <param name="now">The moment.</param>
    public static DateTimeOffset After(DateTimeOffset now)
    {
        var local = TimeZoneInfo.ConvertTime(now, Pacific).Date.AddDays(1);
        return new DateTimeOffset(local, Pacific.GetUtcOffset(local)).ToUniversalTime();
    }

    private static TimeZoneInfo Find() =>
        TimeZoneInfo.TryFindSystemTimeZoneById("America/Los_Angeles", out var zone)
            ? zone

            // Without time zone data: winter time all year, at most an hour late.
            : TimeZoneInfo.CreateCustomTimeZone("Pacific standard time", TimeSpan.FromHours(-8), null, null);
}
