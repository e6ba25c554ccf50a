namespace GeminiBalance.AdminUi.Pages.Usage;

/// <summary>A range of the usage page.</summary>
/// <param name="Name">Its name in addresses.</param>
/// <param name="Length">How far back it reaches.</param>
/// <param name="Bucket">Width of the chart's buckets.</param>
/// <param name="BucketName">That width, as StatsService calls it.</param>
internal sealed record UsageRange(string Name, TimeSpan Length, TimeSpan Bucket, string BucketName)
{
    /// <summary>The ranges on offer.</summary>
    public static IReadOnlyList<UsageRange> All { get; } =
    [
        new("24h", TimeSpan.FromHours(24), TimeSpan.FromHours(1), "1h"),
        new("7d", TimeSpan.FromDays(7), TimeSpan.FromDays(1), "1d"),
        new("30d", TimeSpan.FromDays(30), TimeSpan.FromDays(1), "1d"),
    ];

    /// <summary>The range of that name; seven days for any other.</summary>
    public static UsageRange Named(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[1];

    /// <summary>Whole buckets on the clock of a zone, the current one included.</summary>
    /// <param name="now">The present.</param>
    /// <param name="zone">Whose days and hours are counted.</param>
    public (DateTimeOffset From, DateTimeOffset To) At(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        var to = Bucket == TimeSpan.FromDays(1) ? local.Date.AddDays(1) : local.Date.AddHours(local.Hour + 1);
        return (Instant(to - Length, zone), Instant(to, zone));
    }

    /// <summary>The buckets of a range, those of days by the clock of a zone: a day has 23 or 25 hours when that clock is changed.</summary>
    /// <param name="from">When the range begins.</param>
    /// <param name="to">When it ends.</param>
    /// <param name="bucket">Width of a bucket.</param>
    /// <param name="zone">Whose days are counted.</param>
    public static IEnumerable<DateTimeOffset> Starts(DateTimeOffset from, DateTimeOffset to, TimeSpan bucket, TimeZoneInfo zone)
    {
        var first = TimeZoneInfo.ConvertTime(from, zone).Date;
        var passed = TimeSpan.Zero;
        for (var at = from; at < to; at = bucket < TimeSpan.FromDays(1) ? from + passed : Instant(first + passed, zone))
        {
            yield return at;
            passed += bucket;
        }
    }

    /// <summary>The instant a clock shows a time; one that it skips in spring is an hour later.</summary>
    private static DateTimeOffset Instant(DateTime local, TimeZoneInfo zone)
    {
        local = zone.IsInvalidTime(local) ? local.AddHours(1) : local;
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
