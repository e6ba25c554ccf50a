namespace GeminiBalance.StatsService.Views;

/// <summary>Facts are summed in buckets of a quarter of an hour (UTC); coarser ones are derived when asked for.</summary>
internal static class TimeBuckets
{
    public static readonly TimeSpan Width = TimeSpan.FromMinutes(15);

    /// <summary>Buckets from this width on begin by a zone's clock; narrower ones are cut from the running time.</summary>
    private static readonly TimeSpan FollowsTheClock = TimeSpan.FromHours(6);

    /// <summary>Start of the bucket a moment falls into.</summary>
    public static DateTimeOffset Of(DateTimeOffset moment) => Floor(moment, Width);

    public static DateTimeOffset Floor(DateTimeOffset moment, TimeSpan width) =>
        new(moment.UtcTicks - (moment.UtcTicks % width.Ticks), TimeSpan.Zero);

    /// <summary>Start of a zone's own bucket: six hours and days follow its clock, changes of summer time included; shorter ones its offset at the moment.</summary>
    public static DateTimeOffset Floor(DateTimeOffset moment, TimeSpan width, TimeZoneInfo? zone)
    {
        if (zone is null)
        {
            return Floor(moment, width);
        }

        var offset = zone.GetUtcOffset(moment);
        var local = Floor(new DateTimeOffset(moment.UtcTicks + offset.Ticks, TimeSpan.Zero), width);
        var start = new DateTimeOffset(local.Ticks - offset.Ticks, TimeSpan.Zero);
        if (width < FollowsTheClock)
        {
            return start;
        }

        // Where the clock was changed since the bucket began, its start has the offset from before.
        var before = zone.GetUtcOffset(start);
        return before == offset ? start : new DateTimeOffset(local.Ticks - before.Ticks, TimeSpan.Zero);
    }

    public static DateTimeOffset Ceiling(DateTimeOffset moment, TimeSpan width, TimeZoneInfo? zone = null)
    {
        var floor = Floor(moment, width, zone);
        return floor == moment.ToUniversalTime() ? floor : Next(floor, width, zone);
    }

    /// <summary>End of the last bucket of a range.</summary>
    /// <param name="start">Start of its first bucket.</param>
    /// <param name="moment">What the range must reach.</param>
    /// <param name="width">Width of the buckets.</param>
    /// <param name="zone">The zone whose buckets they are.</param>
    public static DateTimeOffset EndOf(DateTimeOffset start, DateTimeOffset moment, TimeSpan width, TimeZoneInfo? zone) =>
        width < FollowsTheClock ? start.AddTicks(((moment - start).Ticks + width.Ticks - 1) / width.Ticks * width.Ticks) : Ceiling(moment, width, zone);

    /// <summary>Start of the buckets that end with one and are as long as a span; where the zone's clock is moved meanwhile, as nearly so as whole ones can be.</summary>
    public static DateTimeOffset Back(DateTimeOffset end, TimeSpan span, TimeSpan width, TimeZoneInfo? zone) =>
        width < FollowsTheClock ? end - span : Floor(end - span + (width / 2), width, zone);

    /// <summary>Start of the bucket after the one that starts at a moment.</summary>
    public static DateTimeOffset Next(DateTimeOffset start, TimeSpan width, TimeZoneInfo? zone)
    {
        if (zone is null || width < FollowsTheClock)
        {
            return start + width;
        }

        // A day of 23 or 25 hours: its successor is found from well inside it.
        return Floor(start + width + (width / 4), width, zone);
    }
}
