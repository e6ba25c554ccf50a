using CsCheck;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Views;

public sealed class RollupTests
{
    private static readonly Gen<(DateTimeOffset From, DateTimeOffset To, DateTimeOffset[] Cuts)> Ranges = Gen.Select(
        Gen.Int[0, 5_000], Gen.Int[1, 5_000], Gen.Int[-10, 10_000].Array[0, 40],
        (start, length, cuts) => (Quarter(start), Quarter(start + length), cuts.Select(Quarter).ToArray()));

    [Fact]
    public void Rows_OfAnyRange_CoverItOnce_AndNoCutGoesThroughThem() => Ranges.Sample((from, to, cuts) =>
    {
        var rows = Rollup.Rows(from, to, cuts).ToArray();

        Assert.Equal(from, rows[0].At);
        Assert.Equal(to, rows[^1].At + rows[^1].Width);
        Assert.All(rows.Zip(rows.Skip(1)), pair => Assert.Equal(pair.First.At + pair.First.Width, pair.Second.At));
        Assert.All(rows, row =>
        {
            Assert.Equal(0, row.At.UtcTicks % row.Width.Ticks);
            Assert.DoesNotContain(cuts, cut => cut > row.At && cut < row.At + row.Width);

            // None is narrower than it must be: the next wider one would reach beyond the range, or a cut would go through it.
            foreach (var wider in Rollup.Widths.Where(width => width > row.Width))
            {
                var start = TimeBuckets.Floor(row.At, wider);
                Assert.True(start < from || start + wider > to || cuts.Any(cut => cut > start && cut < start + wider));
            }
        });
    });

    [Fact]
    public void Rows_OfAMonth_AreMostlyDays()
    {
        var rows = Rollup.Rows(Facts.Noon.AddMinutes(15), Facts.Noon.AddMinutes(15).AddDays(30), []);

        Assert.Equal(
            [(TimeBuckets.Width, 4), (TimeSpan.FromHours(1), 5), (TimeSpan.FromHours(6), 3), (Rollup.Widest, 29)],
            rows.GroupBy(row => row.Width).OrderBy(group => group.Key).Select(group => (group.Key, group.Count())));
    }

    [Fact]
    public void Rows_OfDaysInAnotherZone_AreHoursOnlyWhereTheDaysAreCut()
    {
        var midnights = Enumerable.Range(0, 31).Select(day => Facts.Noon.AddHours(10).AddDays(day)).ToArray();

        var rows = Rollup.Rows(midnights[0], midnights[^1], midnights);

        Assert.Equal([(TimeSpan.FromHours(1), 30 * 6), (TimeSpan.FromHours(6), 30 * 3)], rows.GroupBy(row => row.Width).OrderBy(group => group.Key).Select(group => (group.Key, group.Count())));
    }

    [Fact]
    public void Cut_InsideAQuarter_ComesAfterIt() => Assert.Equal(
        [new(TimeBuckets.Width, Facts.Noon), new(TimeBuckets.Width, Facts.Noon.AddMinutes(15)), new(TimeBuckets.Width, Facts.Noon.AddMinutes(30)), new RollupRow(TimeBuckets.Width, Facts.Noon.AddMinutes(45))],
        Rollup.Rows(Facts.Noon, Facts.Noon.AddHours(1), [Facts.Noon.AddMinutes(7)]));

    private static DateTimeOffset Quarter(int number) => Facts.Noon + (number * TimeBuckets.Width);
}
