using System.Globalization;
using System.Runtime.InteropServices;

namespace GeminiBalance.AppHost.Tests;

/// <summary>What the system knows of processes.</summary>
internal static partial class ProcessTable
{
    /// <summary>A zombie is dead: whoever adopted it may be slow to bury it.</summary>
    public static bool IsAlive(int pid) => Read(pid) is { State: not ('Z' or 'X') };

    /// <summary>All processes that descend from one, with the moment they began, as numbers are used again.</summary>
    public static IReadOnlyList<ProcessId> DescendantsOf(int pid)
    {
        var all = Directory.GetDirectories("/proc")
            .Select(d => int.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out var id) ? Read(id) : null)
            .OfType<Entry>()
            .ToLookup(e => e.Parent);
        List<ProcessId> found = [];
        Queue<int> open = new([pid]);
        while (open.TryDequeue(out var parent))
        {
            foreach (var child in all[parent])
            {
                found.Add(new ProcessId(child.Pid, child.Began, child.Name));
                open.Enqueue(child.Pid);
            }
        }

        return found;
    }

    public static bool IsAlive(ProcessId process) => Read(process.Pid) is { State: not ('Z' or 'X') } now && now.Began == process.Began;

    public static async Task<IReadOnlyList<ProcessId>> WaitUntilGoneAsync(IReadOnlyList<ProcessId> processes, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (processes.Any(IsAlive) && TimeProvider.System.GetElapsedTime(began) < limit) await Task.Delay(50);
        return [.. processes.Where(IsAlive)];
    }

    public static void Send(int pid, int signal) => Assert0(Kill(pid, signal));

    private static void Assert0(int result)
    {
        if (result != 0) throw new InvalidOperationException($"kill failed with error {Marshal.GetLastPInvokeError()}.");
    }

    private static Entry? Read(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            var end = text.LastIndexOf(')');
            var fields = text[(end + 2)..].Split(' ');
            return new Entry(pid, text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end], fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture), fields[19]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    private sealed record Entry(int Pid, string Name, char State, int Parent, string Began);
}

internal sealed record ProcessId(int Pid, string Began, string Name);
