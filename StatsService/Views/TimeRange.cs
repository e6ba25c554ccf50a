using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace GeminiBalance.StatsService.Views;

/// <summary>A range of whole buckets.</summary>
/// <param name="From">Start (UTC), on a bucket's start.</param>
/// <param name="To">End (UTC), exclusive, on a bucket's start.</param>
/// <param name="Bucket">Width of the buckets asked for; null when none were.</param>
/// <param name="Zone">The time zone whose hours and days the buckets are; null means UTC.</param>
internal sealed record TimeRange(DateTimeOffset From, DateTimeOffset To, TimeSpan? Bucket, TimeZoneInfo? Zone = null)
{
    /// <summary>The longest range.</summary>
    public const int MaximumDays = 400;

    /// <summary>The most buckets in one answer.</summary>
    public const int MaximumBuckets = 2_000;

    private const string HowToWrite = "must be a time in ISO 8601 with its zone, as in 2026-01-31T10:15:00Z.";

    private static readonly TimeSpan Default = TimeSpan.FromDays(1);

    private static readonly DateTimeOffset Earliest = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, TimeSpan> Widths = new()
    {
        ["15m"] = TimeBuckets.Width,
        ["1h"] = TimeSpan.FromHours(1),
        ["6h"] = TimeSpan.FromHours(6),
        ["1d"] = TimeSpan.FromDays(1),
    };

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>Reads the query parameters <c>from</c>, <c>to</c> and <c>bucket</c>; without a range it is the last 24 hours.</summary>
    /// <param name="from">ISO 8601.</param>
    /// <param name="to">ISO 8601.</param>
    /// <param name="bucket">15m, 1h, 6h or 1d.</param>
    /// <param name="now">The present.</param>
    /// <param name="timeZone">Name of an IANA time zone.</param>
    /// <returns>The range, widened to whole buckets, or what is wrong with the parameters.</returns>
    public static (TimeRange? Range, ProblemHttpResult? Problem) Read(string? from, string? to, string? bucket, DateTimeOffset now, string? timeZone = null)
    {
        TimeZoneInfo? zone = null;
        if (timeZone is not null && !TryFindZone(timeZone, out zone))
        {
            return (null, BadParameter.Of("tz", "must be the name of a time zone, as Europe/Berlin or UTC."));
        }

        TimeSpan? width = null;
        if (bucket is not null)
        {
            if (!Widths.TryGetValue(bucket, out var known))
            {
                return (null, BadParameter.Of("bucket", $"must be one of {string.Join(", ", Widths.Keys)}."));
            }

            width = known;
        }

        if (!TryReadTime(to, now, out var end))
        {
            return (null, BadParameter.Of("to", HowToWrite));
        }

        if (EndFault(end, now) is { } endFault)
        {
            return (null, endFault);
        }

        if (!TryReadTime(from, end - Default, out var start))
        {
            return (null, BadParameter.Of("from", HowToWrite));
        }

        if (Fault(start, end) is { } fault)
        {
            return (null, fault);
        }

        var step = width ?? TimeBuckets.Width;
        var last = TimeBuckets.Ceiling(end, step, zone);
        var range = from is null && to is null
            ? new TimeRange(TimeBuckets.Back(last, Default, step, zone), last, width, zone)
            : Whole(start, end, width, zone);

        return width is not null && range.Count(step) > MaximumBuckets
            ? (null, BadParameter.Of("bucket", $"cuts the range into {range.Count(step)} buckets; at most {MaximumBuckets} are answered. Choose a wider one or a shorter range."))
            : (range, null);
    }

    /// <summary>The same range with buckets: those asked for, or ones that suit its length.</summary>
    public TimeRange WithBuckets()
    {
        if (Bucket is not null)
        {
            return this;
        }

        var width = (To - From).TotalDays switch
        {
            <= 1.1 => Widths["15m"],
            <= 14 => Widths["1h"],
            <= 60 => Widths["6h"],
            _ => Widths["1d"],
        };
        return Whole(From, To, width, Zone);
    }

    /// <summary>A range that reaches to the present, with its end on an hour: nothing is stored of times to come, and whole hours are summed faster. Any other stays as it is.</summary>
    /// <param name="now">The present.</param>
    public TimeRange WithWholeHoursAtItsEnd(DateTimeOffset now) => Bucket is null && To >= now ? this with { To = TimeBuckets.Ceiling(To, TimeSpan.FromHours(1)) } : this;

    /// <summary>Starts of its buckets, oldest first.</summary>
    public IEnumerable<DateTimeOffset> Starts()
    {
        for (var at = From; at < To; at = TimeBuckets.Next(at, Bucket!.Value, Zone))
        {
            yield return at;
        }
    }

    /// <summary>Times inside it that sums must be told apart at: the starts of its buckets, if it has any.</summary>
    public IEnumerable<DateTimeOffset> Cuts() => Bucket is null ? [] : Starts().Skip(1);

    /// <summary>The whole buckets that a range lies in. Narrow ones are counted from its start, however the zone's clock is moved meanwhile.</summary>
    private static TimeRange Whole(DateTimeOffset start, DateTimeOffset end, TimeSpan? bucket, TimeZoneInfo? zone)
    {
        var width = bucket ?? TimeBuckets.Width;
        var from = TimeBuckets.Floor(start, width, zone);
        return new TimeRange(from, TimeBuckets.EndOf(from, end, width, zone), bucket, zone);
    }

    private static bool TryFindZone(string name, out TimeZoneInfo? zone)
    {
        // Any text that is no path: what the system does not know as a zone, it would look for as a file.
        zone = null;
        return name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '-' or '+') && !name.StartsWith('/')
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone) && zone.HasIanaId;
    }

    private static ProblemHttpResult? EndFault(DateTimeOffset end, DateTimeOffset now)
    {
        if (end < Earliest + Default)
        {
            return BadParameter.Of("to", "lies before 2020.");
        }

        return end > now.AddDays(MaximumDays) ? BadParameter.Of("to", "lies too far in the future.") : null;
    }

    private static ProblemHttpResult? Fault(DateTimeOffset start, DateTimeOffset end)
    {
        if (start < Earliest)
        {
            return BadParameter.Of("from", "lies before 2020.");
        }

        if (start >= end)
        {
            return BadParameter.Of("from", "must lie before to.");
        }

        return end - start > TimeSpan.FromDays(MaximumDays)
            ? BadParameter.Of("from", $"lies more than {MaximumDays} days before to.")
            : null;
    }

    private static bool TryReadTime(string? text, DateTimeOffset otherwise, out DateTimeOffset time)
    {
        time = otherwise;
        if (text is null)
        {
            return true;
        }

        if (!DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read))
        {
            return false;
        }

        time = read.ToUniversalTime();
        return true;
    }

    private long Count(TimeSpan width) => (To - From).Ticks / width.Ticks;
}
