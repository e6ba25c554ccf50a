using CsCheck;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Views;

public sealed class RollupTests
{
    private static readonly Gen<(DateTimeOffset From, DateTimeOffset To, TimeSpan Widest)> Ranges = Gen.Select(
        Gen.Int[0, 5_000], Gen.Int[1, 5_000], Gen.Int[0, Rollup.Widths.Count - 1],
        (start, length, widest) => (Facts.Noon + (start * TimeBuckets.Width), Facts.Noon + ((start + length) * TimeBuckets.Width), Rollup.Widths[widest]));

    [Fact]
    public void Pieces_OfAnyRange_CoverItOnceWithWholeRowsThatAreNotTooWide() => Ranges.Sample((from, to, widest) =>
    {
        var pieces = Rollup.Pieces(from, to, widest).OrderBy(piece => piece.From).ToArray();

        Assert.Equal(from, pieces[0].From);
        Assert.Equal(to, pieces[^1].To);
        Assert.All(pieces.Zip(pieces.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.All(pieces, piece =>
        {
            Assert.True(piece.From < piece.To && piece.Width <= widest);
            Assert.Equal((0, 0), (piece.From.UtcTicks % piece.Width.Ticks, piece.To.UtcTicks % piece.Width.Ticks));
        });
        Assert.True(pieces.Length <= 7);
    });

    [Fact]
    public void Pieces_OfAMonth_AreMostlyDays()
    {
        var pieces = Rollup.Pieces(Facts.Noon.AddMinutes(15), Facts.Noon.AddMinutes(15).AddDays(30), Rollup.Widest).ToArray();

        Assert.Equal(
            [(TimeBuckets.Width, 3), (TimeBuckets.Width, 1), (TimeSpan.FromHours(1), 5), (TimeSpan.FromHours(6), 1), (TimeSpan.FromHours(6), 2), (Rollup.Widest, 29)],
            pieces.Select(piece => (piece.Width, (int)((piece.To - piece.From) / piece.Width))));
    }

    [Fact]
    public void WidestBetween_Cuts_IsCutByNone()
    {
        Assert.Equal(Rollup.Widest, Rollup.WidestBetween([]));
        Assert.Equal(Rollup.Widest, Rollup.WidestBetween([Facts.Noon.AddHours(12)]));
        Assert.Equal(TimeSpan.FromHours(6), Rollup.WidestBetween([Facts.Noon.AddHours(12), Facts.Noon]));
        Assert.Equal(TimeSpan.FromHours(1), Rollup.WidestBetween([Facts.Noon.AddHours(12), Facts.Noon.AddHours(1)]));
        Assert.Equal(TimeBuckets.Width, Rollup.WidestBetween([Facts.Noon, Facts.Noon.AddMinutes(30)]));
    }
}
