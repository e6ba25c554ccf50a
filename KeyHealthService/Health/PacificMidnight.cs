namespace GeminiBalance.KeyHealthService.Health;

/// <summary>Google's day quotas return at midnight in California, which summer time moves in UTC.</summary>
internal static class PacificMidnight
{
    /// <summary>The clock of California.</summary>
    public static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");

    /// <summary>The day in California that an instant belongs to.</summary>
    public static DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Zone).Date);

    /// <summary>The first midnight after an instant. Clocks change at two in the morning there, so midnight always exists once.</summary>
    public static DateTimeOffset After(DateTimeOffset instant)
    {
        var local = TimeZoneInfo.ConvertTime(instant, Zone);
        return At(local.Date.AddDays(1));
    }

    /// <summary>The last midnight up to an instant.</summary>
    public static DateTimeOffset Before(DateTimeOffset instant) => At(TimeZoneInfo.ConvertTime(instant, Zone).Date);

    private static DateTimeOffset At(DateTime midnight) => new DateTimeOffset(midnight, Zone.GetUtcOffset(midnight)).ToUniversalTime();
}
