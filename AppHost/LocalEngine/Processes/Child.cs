using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace GeminiBalance.LocalEngine;

/// <summary>A running child process, the leader of its own session.</summary>
internal sealed partial class Child
{
    private const int LongestLine = 16 * 1024;
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);
    private readonly Process _process;
    private readonly Launch _launch;
    private long _lastLine = Stopwatch.GetTimestamp();

    public Child(Process process, Launch launch, Action<string> output)
    {
        _process = process;
        _launch = launch;
        Pid = process.Id;
        var pumps = Task.WhenAll(PumpAsync(process.StandardOutput.BaseStream, Line), PumpAsync(process.StandardError.BaseStream, Line));
        Exited = WaitAsync(pumps);

        void Line(string text)
        {
            output(text);
            Volatile.Write(ref _lastLine, Stopwatch.GetTimestamp());
        }
    }

    public int Pid { get; }

    /// <summary>The exit code, once the process has ended.</summary>
    public Task<int> Exited { get; }

    public async Task FeedAsync(string? input)
    {
        try
        {
            if (input is not null) await _process.StandardInput.WriteAsync(input).ConfigureAwait(false);
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it read; its exit code tells why.
        }
    }

    public void Send(Signal signal, bool group = false)
    {
        if (!Exited.IsCompleted || group) _ = Kill(group ? -Pid : Pid, (int)signal);
    }

    /// <summary>Asks it to end, and ends it when it has not within the given time.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        Send(_launch.Stop);
        if (!await EndsWithinAsync(patience).ConfigureAwait(false))
        {
            Send(_launch.Abort);
            if (_launch.Abort != Signal.Kill && !await EndsWithinAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false)) Send(Signal.Kill);
            await EndsWithinAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
        }

        // What it has started itself and left behind.
        Send(Signal.Kill, group: true);
    }

    public void Abort()
    {
        Send(_launch.Abort);
        if (_launch.Abort == Signal.Kill) Send(Signal.Kill, group: true);
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time)
    {
        try
        {
            await Exited.WaitAsync(time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task<int> WaitAsync(Task pumps)
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        // What is left in the pipes is read to its end. But a grandchild may hold them open for longer than the child lives: then silence is the end.
        Volatile.Write(ref _lastLine, Stopwatch.GetTimestamp());
        while (!pumps.IsCompleted && Stopwatch.GetElapsedTime(Volatile.Read(ref _lastLine)) < Silence)
        {
            await Task.WhenAny(pumps, Task.Delay(50)).ConfigureAwait(false);
        }

        return _process.ExitCode;
    }

    /// <summary>Reads for as long as there is something, whatever becomes of it: a full pipe would stop the child.</summary>
    private static async Task PumpAsync(Stream stream, Action<string> output)
    {
        var buffer = new byte[LongestLine];
        var filled = 0;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(filled)).ConfigureAwait(false);
                if (read == 0) break;
                filled += read;
                var start = 0;
                for (var end = buffer.AsSpan(0, filled).IndexOf((byte)'\n'); end >= 0; end = NextBreak(buffer, start, filled))
                {
                    output(Encoding.UTF8.GetString(buffer, start, end - start).TrimEnd('\r'));
                    start = end + 1;
                }

                if (start == 0 && filled == buffer.Length)
                {
                    output(Encoding.UTF8.GetString(buffer, 0, filled));
                    start = filled;
                }

                buffer.AsSpan(start, filled - start).CopyTo(buffer);
                filled -= start;
            }
        }
        catch (IOException)
        {
            // The pipe broke: nothing more will come.
        }

        if (filled > 0) output(Encoding.UTF8.GetString(buffer, 0, filled));
    }

    private static int NextBreak(byte[] buffer, int start, int filled)
    {
        var at = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n');
        return at < 0 ? -1 : start + at;
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int pid, int signal);
}
