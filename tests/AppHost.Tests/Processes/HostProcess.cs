using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;

namespace GeminiBalance.AppHost.Tests;

/// <summary>The small application in a process of its own.</summary>
internal sealed class HostProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly SemaphoreSlim _more = new(0);

    public HostProcess(string folder, params string[] args)
    {
        Folder = folder;
        ProcessStartInfo start = new(Programs.DotNet(), [TestPaths.MiniHost, "--DataFolder=" + folder, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Add(e.Data);
        _process.ErrorDataReceived += (_, e) => Add(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Folder { get; }

    public int Pid => _process.Id;

    public IReadOnlyList<string> Lines => [.. _lines];

    public string StateFile => Path.Combine(Folder, "state.json");

    public JsonElement State()
    {
        using var state = JsonDocument.Parse(File.ReadAllBytes(StateFile));
        return state.RootElement.Clone();
    }

    /// <summary>The state file follows what is printed by a moment.</summary>
    public async Task WaitForHealthyAsync(string resource, TimeSpan limit)
    {
        var began = TimeProvider.System.GetTimestamp();
        await WaitForLineAsync(resource + ": healthy", limit);
        while (!State().GetProperty("resources").EnumerateArray().Any(r => r.GetProperty("name").GetString() == resource && r.GetProperty("health").GetString() == "Healthy"))
        {
            if (TimeProvider.System.GetElapsedTime(began) > limit) throw new TimeoutException($"{resource} is not healthy in {StateFile}.");
            await Task.Delay(20);
        }
    }

    public async Task WaitForLineAsync(string text, TimeSpan limit)
    {
        using CancellationTokenSource timeout = new(limit);
        try
        {
            while (!_lines.Any(l => l.Contains(text, StringComparison.Ordinal)) && !_process.HasExited) await _more.WaitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            // Told below, with what was printed instead.
        }

        if (!_lines.Any(l => l.Contains(text, StringComparison.Ordinal)))
            throw new TimeoutException($"'{text}' was not printed, but:\n{string.Join('\n', _lines)}");
    }

    public void Send(int signal) => ProcessTable.Send(Pid, signal);

    public async Task<int> WaitForExitAsync(TimeSpan limit)
    {
        using CancellationTokenSource timeout = new(limit);
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        _more.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null) return;
        _lines.Enqueue(line);
        _more.Release();
    }
}
