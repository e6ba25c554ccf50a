using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Latency;

/// <summary>
/// Counts of latencies in slots whose bounds are fixed and grow by 10 %, so that histograms of any buckets, models and replicas can be added.
/// Slot 0 holds everything below 0.1 ms, slot n (n ≥ 1) everything from 0.1·1.1^(n-1) up to 0.1·1.1^n, the last one everything from about a day on.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>The number of the last slot.</summary>
    public const int LastSlot = 217;

    /// <summary>The smallest latency told apart from zero, in milliseconds.</summary>
    public const double Smallest = 0.1;

    private const double Growth = 1.1;

    private static readonly double LogGrowth = Math.Log(Growth);

    private readonly long[] counts = new long[LastSlot + 1];

    /// <summary>How many latencies it holds.</summary>
    public long Count { get; private set; }

    /// <summary>The slot of a latency. What is no number, or negative, counts as zero.</summary>
    public static int SlotOf(double milliseconds)
    {
        if (!(milliseconds >= Smallest))
        {
            return 0;
        }

        var slot = Math.Floor(Math.Log(milliseconds / Smallest) / LogGrowth) + 1;
        return slot >= LastSlot ? LastSlot : (int)slot;
    }

    /// <summary>
    /// The latency that stands for a slot: the geometric middle of its bounds, which is at most 4.9 % away from anything in it.
    /// Interpolating by rank would look finer but could be off by a whole slot.
    /// </summary>
    public static double ValueOf(int slot) => slot == 0 ? 0 : Smallest * Math.Pow(Growth, slot - 0.5);

    /// <summary>Adds latencies of one slot.</summary>
    public void Add(int slot, long count)
    {
        counts[slot] += count;
        Count += count;
    }

    /// <summary>A quantile by nearest rank, in milliseconds.</summary>
    /// <param name="q">0 to 1.</param>
    public double Quantile(double q)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(q * Count));
        var seen = 0L;
        for (var slot = 0; slot <= LastSlot; slot++)
        {
            seen += counts[slot];
            if (seen >= rank)
            {
                return ValueOf(slot);
            }
        }

        return 0;
    }

    /// <summary>The quantiles people ask for; null when nothing was measured.</summary>
    public LatencyQuantiles? Quantiles() => Count == 0
        ? null
        : new LatencyQuantiles(Count, Rounded(0.5), Rounded(0.9), Rounded(0.95), Rounded(0.99));

    private double Rounded(double q) => Math.Round(Quantile(q), 2);
}
