using System.Globalization;

namespace GeminiBalance.AdminUi.Preferences;

/// <summary>Shows times in the zone of the browser, not of the server.</summary>
internal sealed class BrowserClock(TimeProvider time)
{
    /// <summary>The browser's zone; UTC until the browser has told it.</summary>
    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    /// <summary>The present (UTC).</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Takes over a zone by its IANA name; an unknown one is ignored.</summary>
    public void Use(string? zone)
    {
        if (zone is { Length: > 0 and < 100 } && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
        {
            Zone = found;
        }
    }

    /// <summary>The same instant on the browser's clock.</summary>
    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    /// <summary>The instant (UTC) of a day and time on the browser's clock.</summary>
    public DateTimeOffset Instant(DateTime wall) => Instant(wall, Zone);

    /// <summary>The instant (UTC) of a day and time in a zone.</summary>
    public static DateTimeOffset Instant(DateTime wall, TimeZoneInfo zone)
    {
        var local = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);

        // An hour that the clock leaps over in spring does not exist; the next one is meant.
        local = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }

    /// <summary>Date, time to the second and offset.</summary>
    public string Absolute(DateTimeOffset at)
    {
        var local = Local(at);
        return $"{local.ToString("d", CultureInfo.CurrentCulture)} {local.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {OffsetName(local.Offset)}";
    }

    /// <summary>The zone's offset now, as in <c>UTC+8</c>.</summary>
    public string ZoneName => OffsetName(Zone.GetUtcOffset(Now));

    private static string OffsetName(TimeSpan offset) => offset == TimeSpan.Zero
        ? "UTC"
        : string.Create(CultureInfo.InvariantCulture, $"UTC{(offset < TimeSpan.Zero ? '-' : '+')}{Math.Abs(offset.Hours)}{(offset.Minutes == 0 ? "" : $":{Math.Abs(offset.Minutes):00}")}");
}
