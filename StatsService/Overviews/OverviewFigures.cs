using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Overviews;

/// <summary>What an overview is made of.</summary>
/// <param name="Range">A range with buckets.</param>
/// <param name="Counts">Counts of the buckets that have any.</param>
/// <param name="Latencies">Histograms of the buckets that have any.</param>
/// <param name="ActiveAccessKeys">Access keys seen.</param>
internal sealed record OverviewFigures(
    TimeRange Range,
    IReadOnlyDictionary<DateTimeOffset, UsageCounts> Counts,
    IReadOnlyDictionary<(DateTimeOffset At, LatencyKind Kind), IReadOnlyDictionary<int, long>> Latencies,
    int ActiveAccessKeys)
{
    /// <summary>Puts the figures together: sums, shares, quantiles, and a bucket for every step of the range.</summary>
    public static Overview Overview(OverviewFigures figures, DateTimeOffset now, double lagSeconds)
    {
        var range = figures.Range;
        var counts = UsageSql.Sum(figures.Counts.Values);
        var buckets = range.Starts().Select(at => new OverviewBucket(
            at,
            figures.Counts.GetValueOrDefault(at, UsageSql.None),
            figures.Quantiles(LatencyKind.Total, at),
            figures.Quantiles(LatencyKind.FirstToken, at))).ToArray();
        return new Overview(
            range.From,
            range.To,
            counts,
            PerMinute(counts.Requests, range, now),
            Availability(counts),
            ErrorRate(counts),
            figures.ActiveAccessKeys,
            figures.Quantiles(LatencyKind.Total),
            figures.Quantiles(LatencyKind.FirstToken),
            buckets,
            lagSeconds);
    }

    /// <summary>Succeeded among those that neither were at fault themselves nor went away.</summary>
    public static double? Availability(UsageCounts counts) => Share(counts.Succeeded, counts.Requests - counts.ClientErrors - counts.Aborted);

    /// <summary>Refused or failed, among all.</summary>
    public static double? ErrorRate(UsageCounts counts) => Share(counts.ClientErrors + counts.Failed, counts.Requests);

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;

    private static double PerMinute(long requests, TimeRange range, DateTimeOffset now)
    {
        var past = (now < range.To ? now : range.To) - range.From;
        return past <= TimeSpan.Zero ? 0 : Math.Round(requests / past.TotalMinutes, 3);
    }

    private LatencyQuantiles? Quantiles(LatencyKind kind, DateTimeOffset? at = null)
    {
        var histogram = new LatencyHistogram();
        IEnumerable<IReadOnlyDictionary<int, long>> wanted = at is { } bucket
            ? Latencies.TryGetValue((bucket, kind), out var one) ? [one] : []
            : Latencies.Where(latency => latency.Key.Kind == kind).Select(latency => latency.Value);
        foreach (var (slot, count) in wanted.SelectMany(slots => slots))
        {
            histogram.Add(slot, count);
        }

        return histogram.Quantiles();
    }
}
