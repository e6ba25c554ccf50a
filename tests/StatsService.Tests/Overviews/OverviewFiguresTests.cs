using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Latency;
using GeminiBalance.StatsService.Overviews;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Overviews;

public sealed class OverviewFiguresTests
{
    private static readonly TimeRange Range = new(Facts.Noon, Facts.Noon.AddHours(1), TimeBuckets.Width);

    [Fact]
    public void Overview_OfMixedOutcomes_SharesAndThroughputAreRight()
    {
        var counts = UsageSql.None with { Requests = 100, Succeeded = 60, ClientErrors = 20, Failed = 15, Aborted = 5 };

        var overview = Overview(new() { [Facts.Noon] = counts }, now: Facts.Noon.AddMinutes(20));

        Assert.Equal(60.0 / 75, overview.Availability);
        Assert.Equal(0.35, overview.ErrorRate);
        Assert.Equal(5, overview.RequestsPerMinute);
    }

    [Fact]
    public void Overview_WithoutRequests_HasNoShares()
    {
        var overview = Overview([], now: Facts.Noon.AddHours(9));

        Assert.Null(overview.Availability);
        Assert.Null(overview.ErrorRate);
        Assert.Null(overview.Total);
        Assert.Equal(0, overview.RequestsPerMinute);
        Assert.Equal(4, overview.Buckets.Count);
        Assert.All(overview.Buckets, bucket => Assert.Equal(UsageSql.None, bucket.Counts));
    }

    [Fact]
    public void Availability_OnlyClientsAtFault_IsNone() =>
        Assert.Null(OverviewFigures.Availability(UsageSql.None with { Requests = 3, ClientErrors = 2, Aborted = 1 }));

    [Fact]
    public void Overview_Latencies_AreMergedForTheRangeAndKeptApartByBucketAndKind()
    {
        var latencies = new Dictionary<(DateTimeOffset, LatencyKind), IReadOnlyDictionary<int, long>>
        {
            [(Facts.Noon, LatencyKind.Total)] = new Dictionary<int, long> { [LatencyHistogram.SlotOf(100)] = 99 },
            [(Facts.Noon.AddMinutes(15), LatencyKind.Total)] = new Dictionary<int, long> { [LatencyHistogram.SlotOf(1_000)] = 99 },
            [(Facts.Noon, LatencyKind.FirstToken)] = new Dictionary<int, long> { [LatencyHistogram.SlotOf(10)] = 1 },
        };

        var overview = OverviewFigures.Overview(new OverviewFigures(Range, new Dictionary<DateTimeOffset, UsageCounts>(), latencies, 0), Facts.Noon, 0);

        Assert.Equal(198, overview.Total!.Count);
        Assert.InRange(overview.Total.P50, 95, 105);
        Assert.InRange(overview.Total.P90, 950, 1_050);
        Assert.InRange(overview.Buckets[1].Total!.P50, 950, 1_050);
        Assert.Equal(1, overview.Buckets[0].FirstToken!.Count);
        Assert.Null(overview.Buckets[1].FirstToken);
    }

    private static Overview Overview(Dictionary<DateTimeOffset, UsageCounts> counts, DateTimeOffset now) => OverviewFigures.Overview(
        new OverviewFigures(Range, counts, new Dictionary<(DateTimeOffset, LatencyKind), IReadOnlyDictionary<int, long>>(), 0), now, 0);
}
