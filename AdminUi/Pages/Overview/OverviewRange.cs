namespace GeminiBalance.AdminUi.Pages.Overview;

/// <summary>A range of the overview. Views are kept in quarters of an hour, so no bucket is smaller.</summary>
/// <param name="Name">Its name in addresses.</param>
/// <param name="Length">How far back it reaches.</param>
/// <param name="Bucket">Width of the charts' buckets.</param>
/// <param name="BucketName">That width, as StatsService calls it.</param>
internal sealed record OverviewRange(string Name, TimeSpan Length, TimeSpan Bucket, string BucketName)
{
    /// <summary>The ranges on offer.</summary>
    public static IReadOnlyList<OverviewRange> All { get; } =
    [
        new("1h", TimeSpan.FromHours(1), TimeSpan.FromMinutes(15), "15m"),
        new("6h", TimeSpan.FromHours(6), TimeSpan.FromMinutes(15), "15m"),
        new("24h", TimeSpan.FromHours(24), TimeSpan.FromHours(1), "1h"),
        new("7d", TimeSpan.FromDays(7), TimeSpan.FromHours(6), "6h"),
    ];

    /// <summary>The range of that name; 24 hours for any other.</summary>
    public static OverviewRange Named(string? name) => All.FirstOrDefault(range => range.Name == name) ?? All[2];

    /// <summary>Whole buckets, the current one included. Never one more than fit, so that no time of day comes twice in 24 hours.</summary>
    /// <param name="now">The present.</param>
    public (DateTimeOffset From, DateTimeOffset To) At(DateTimeOffset now)
    {
        var ticks = now.UtcDateTime.Ticks;
        var to = new DateTimeOffset(ticks - (ticks % Bucket.Ticks) + Bucket.Ticks, TimeSpan.Zero);
        return (to - Length, to);
    }
}
