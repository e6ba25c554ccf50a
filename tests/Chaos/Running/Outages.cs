using System.Globalization;
using System.Runtime.InteropServices;

namespace GeminiBalance.Chaos.Running;

/// <summary>Ways of hurting a running gateway.</summary>
internal static partial class Outages
{
    /// <summary>Ends a process at once and has it started again.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="resource">Whose process.</param>
    /// <param name="index">Which replica.</param>
    /// <param name="signal">By which signal.</param>
    /// <param name="meanwhile">What happens while it is down; null for nothing.</param>
    public static async Task RestartAsync(this RunningGateway gateway, string resource, int index = 0, Signal signal = Signal.Kill, Func<Task>? meanwhile = null)
    {
        var replica = gateway.Replicas(resource)[index];
        await ResourceRunner.TakeDownAsync(replica, signal).WaitAsync(TimeSpan.FromSeconds(120)).ConfigureAwait(false);
        try
        {
            if (meanwhile is not null)
            {
                await meanwhile().ConfigureAwait(false);
            }
        }
        finally
        {
            ResourceRunner.Release(replica);
        }
    }

    /// <summary>Stops all processes of a resource where they stand, for a while.</summary>
    public static async Task FreezeAsync(this RunningGateway gateway, string resource, TimeSpan time)
    {
        var processes = ProcessesOf(gateway, resource);
        foreach (var process in processes)
        {
            _ = Kill(process, (int)Signal.Stop);
        }

        try
        {
            await Task.Delay(time).ConfigureAwait(false);
        }
        finally
        {
            foreach (var process in processes)
            {
                _ = Kill(process, (int)Signal.Continue);
            }
        }
    }

    /// <summary>The processes of a resource: its replicas and what they have started.</summary>
    public static IReadOnlyList<int> ProcessesOf(this RunningGateway gateway, string resource)
    {
        var found = gateway.Replicas(resource).Where(replica => replica.IsRunning).Select(replica => replica.Child!.Pid).ToList();
        var parents = Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _))
            .Select(name => int.Parse(name!, CultureInfo.InvariantCulture)).Select(process => (Process: process, Parent: ParentOf(process))).ToArray();
        for (var i = 0; i < found.Count; i++)
        {
            found.AddRange(parents.Where(entry => entry.Parent == found[i]).Select(entry => entry.Process));
        }

        return found;
    }

    private static int ParentOf(int process)
    {
        try
        {
            // The name, in brackets, may hold anything.
            var text = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
