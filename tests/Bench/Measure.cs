using System.Diagnostics;
using System.Globalization;

namespace GeminiBalance.Bench;

/// <summary>Time and allocation of something small, on this thread alone.</summary>
internal static class Measure
{
    private const int Rounds = 15;
    private static readonly TimeSpan RoundLength = TimeSpan.FromMilliseconds(150);

    /// <summary>Measures and prints; the median of the rounds, so that a neighbour's burst does not count.</summary>
    /// <param name="what">What is measured.</param>
    /// <param name="act">Does it once.</param>
    /// <param name="units">How many things that are: the figures are for one of them.</param>
    public static void Print(string what, Action act, int units = 1)
    {
        var count = Calibrate(act);
        var times = new double[Rounds];
        long allocated = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < count; i++)
            {
                act();
            }

            times[round] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / count / units;
            allocated = (GC.GetAllocatedBytesForCurrentThread() - bytes) / count / units;
        }

        Array.Sort(times);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-52} {times[Rounds / 2] / 1000,10:0.000} us {allocated,9} B   (best {times[0] / 1000:0.000}, worst {times[^1] / 1000:0.000})"));
    }

    /// <summary>Runs long enough for the optimised code to be in place, and finds how often fits into a round.</summary>
    private static int Calibrate(Action act)
    {
        var started = Stopwatch.GetTimestamp();
        var count = 0;
        while (Stopwatch.GetElapsedTime(started) < RoundLength * 4)
        {
            act();
            count++;
        }

        return Math.Max(1, count / 4);
    }
}
