using System.Diagnostics;
using System.Globalization;

namespace GeminiBalance.Bench;

/// <summary>Processor time and wall time of processes since a moment.</summary>
internal sealed class ProcessorUse : IDisposable
{
    private readonly Process process;
    private TimeSpan before;
    private long started;

    /// <summary>Watches a process.</summary>
    /// <param name="id">Its id; null for this one.</param>
    public ProcessorUse(int? id = null)
    {
        process = id is { } other ? Process.GetProcessById(other) : Process.GetCurrentProcess();
        Restart();
    }

    /// <summary>Wall time since the start.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(started);

    /// <summary>Processor time since the start.</summary>
    public TimeSpan Processor
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime - before;
        }
    }

    /// <summary>Resident memory now, in bytes.</summary>
    public long Resident
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Begins anew.</summary>
    public void Restart()
    {
        process.Refresh();
        (before, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
    }

    /// <inheritdoc />
    public void Dispose() => process.Dispose();

    /// <summary>The middle one of an odd number of figures, the lower middle of an even one.</summary>
    public static double Median(IEnumerable<double> figures)
    {
        var sorted = figures.Order().ToArray();
        return sorted[(sorted.Length - 1) / 2];
    }

    /// <summary>Prints a line the way every culture reads it the same.</summary>
    public static void Row(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Load of the machine over the last minute, as far as it says.</summary>
    public static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
