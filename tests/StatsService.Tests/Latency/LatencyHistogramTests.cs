using CsCheck;
using GeminiBalance.StatsService.Latency;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Latency;

public sealed class LatencyHistogramTests
{
    private static readonly Gen<double> Latency = Gen.Double[Math.Log(LatencyHistogram.Smallest), Math.Log(80_000_000)].Select(Math.Exp);

    [Fact]
    public void Quantile_OfAnyLatencies_IsWithinFivePercentOfTheNearestRank() =>
        Gen.Select(Latency.Array[1, 400], Gen.Double[0.001, 1]).Sample((latencies, q) =>
        {
            var histogram = Of(latencies);
            var exact = latencies.Order().ElementAt(Math.Max(1, (int)Math.Ceiling(q * latencies.Length)) - 1);
            return Math.Abs(histogram.Quantile(q) - exact) <= 0.05 * exact;
        });

    [Fact]
    public void Histograms_AddedSlotBySlot_AreTheHistogramOfAll() =>
        Gen.Select(Latency.Array[0, 100], Latency.Array[1, 100]).Sample((some, others) =>
        {
            var sum = Of(some);
            foreach (var slot in others.GroupBy(LatencyHistogram.SlotOf))
            {
                sum.Add(slot.Key, slot.Count());
            }

            return sum.Quantiles() == Of([.. some, .. others]).Quantiles();
        });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-5, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(0.05, 0)]
    [InlineData(0.1, 1)]
    [InlineData(double.PositiveInfinity, LatencyHistogram.LastSlot)]
    [InlineData(1e12, LatencyHistogram.LastSlot)]
    public void SlotOf_AtTheEdges_StaysInside(double milliseconds, int slot) => Assert.Equal(slot, LatencyHistogram.SlotOf(milliseconds));

    [Fact]
    public void Quantiles_OfNothing_AreNone() => Assert.Null(new LatencyHistogram().Quantiles());

    private static LatencyHistogram Of(double[] latencies)
    {
        var histogram = new LatencyHistogram();
        foreach (var latency in latencies)
        {
            histogram.Add(LatencyHistogram.SlotOf(latency), 1);
        }

        return histogram;
    }
}
