namespace GeminiBalance.StatsService.Views;

/// <summary>Facts are summed in buckets of a quarter of an hour (UTC); coarser ones are derived when asked for.</summary>
internal static class TimeBuckets
{
    public static readonly TimeSpan Width = TimeSpan.FromMinutes(15);

    /// <summary>Start of the bucket a moment falls into.</summary>
    public static DateTimeOffset Of(DateTimeOffset moment) => Floor(moment, Width);

    public static DateTimeOffset Floor(DateTimeOffset moment, TimeSpan width) =>
        new(moment.UtcTicks - (moment.UtcTicks % width.Ticks), TimeSpan.Zero);

    public static DateTimeOffset Ceiling(DateTimeOffset moment, TimeSpan width)
    {
        var floor = Floor(moment, width);
        return floor == moment ? floor : floor + width;
    }
}
