using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace GeminiBalance.LocalEngine;

/// <summary>
/// Starts every child from one thread that lives as long as the AppHost: the system tells a child that its parent is gone
/// when the thread that started it ends, not when the process does.
/// </summary>
internal sealed class Spawner : IDisposable
{
    private static readonly string[] _ownSettings = ["Parameters__", "Parameters:", "Ports__", "LocalEngine__", "DataFolder", "ASPNETCORE_URLS", "DOTNET_URLS", "URLS"];
    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> _orders = [];

    public Spawner() => new Thread(Work) { IsBackground = true, Name = "spawner" }.Start();

    /// <exception cref="DistributedApplicationException">The program cannot be started.</exception>
    public async Task<Child> StartAsync(Launch launch, Action<string> output)
    {
        TaskCompletionSource<Process> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _orders.Add((Describe(launch), started));
        var process = await started.Task.ConfigureAwait(false);
        Child child = new(process, launch, output);
        await child.FeedAsync(launch.Input).ConfigureAwait(false);
        return child;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="DistributedApplicationException">It failed.</exception>
    public async Task RunAsync(Launch launch, Action<string> output, CancellationToken cancellationToken)
    {
        var child = await StartAsync(launch with { OnOrphaned = Signal.Kill }, output).ConfigureAwait(false);
        try
        {
            var code = await child.Exited.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (code != 0)
                throw new DistributedApplicationException($"{Path.GetFileName(launch.File)} ended with exit code {code.ToString(CultureInfo.InvariantCulture)}.");
        }
        catch (OperationCanceledException)
        {
            child.Send(Signal.Kill, group: true);
            throw;
        }
    }

    public void Dispose() => _orders.CompleteAdding();

    private static ProcessStartInfo Describe(Launch launch)
    {
        // Own session: Ctrl+C in the terminal reaches only the AppHost, which then stops its children in order.
        ProcessStartInfo start = new("setsid")
        {
            WorkingDirectory = launch.WorkingDirectory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("setpriv");
        start.ArgumentList.Add("--pdeathsig");
        start.ArgumentList.Add(NameOf(launch.OnOrphaned));
        if (launch.RunAs is { } user)
        {
            start.ArgumentList.Add("--reuid=" + user);
            start.ArgumentList.Add("--regid=" + user);
            start.ArgumentList.Add("--clear-groups");
        }

        start.ArgumentList.Add("--");
        start.ArgumentList.Add(launch.File);
        foreach (var arg in launch.Args) start.ArgumentList.Add(arg);
        if (!launch.InheritEnvironment)
        {
            var path = start.Environment.TryGetValue("PATH", out var p) ? p : "/usr/local/bin:/usr/bin:/bin";
            start.Environment.Clear();
            start.Environment["PATH"] = path;
            start.Environment["LANG"] = "C.UTF-8";
        }

        foreach (var name in start.Environment.Keys.Where(IsOwnSetting).ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in launch.Environment) start.Environment[name] = value;
        return start;
    }

    private static bool IsOwnSetting(string name) => Array.Exists(_ownSettings, s =>
        s.EndsWith('_') || s.EndsWith(':') ? name.StartsWith(s, StringComparison.OrdinalIgnoreCase) : name.Equals(s, StringComparison.OrdinalIgnoreCase));

    private static string NameOf(Signal signal) => signal switch
    {
        Signal.Interrupt => "INT",
        Signal.Quit => "QUIT",
        Signal.Kill => "KILL",
        _ => "TERM",
    };

    private void Work()
    {
        foreach (var (start, started) in _orders.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
            {
                started.SetException(new DistributedApplicationException($"{start.ArgumentList[^1]} cannot be started: {e.Message}", e));
            }
        }
    }
}
