namespace GeminiBalance.KeyHealthService.Health;

/// <summary>Google's day quotas return at midnight in California, which summer time moves in UTC.</summary>
internal static class PacificMidnight
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");

    /// <summary>The day in California that an instant belongs to.</summary>
    public static DateOnly DayOf(DateTimeOffset instant) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, Zone).Date);

    /// <summary>The first midnight after an instant. Clocks change at two in the morning there, so midnight always exists once.</summary>
    public static DateTimeOffset After(DateTimeOffset instant)
    {
        var local = TimeZoneInfo.ConvertTime(instant, Zone);
        var midnight = local.Date.AddDays(1);
        return new DateTimeOffset(midnight, Zone.GetUtcOffset(midnight)).ToUniversalTime();
    }
}
