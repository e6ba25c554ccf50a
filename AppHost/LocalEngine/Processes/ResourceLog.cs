using System.Text;
using System.Threading.Channels;

namespace GeminiBalance.LocalEngine;

/// <summary>The AppHost's own standard output. Whoever reads it may be slow or gone: lines are dropped then, nothing waits.</summary>
internal sealed class Display
{
    private readonly Channel<string>? _lines;

    public Display(bool quiet)
    {
        if (quiet) return;
        _lines = Channel.CreateBounded<string>(new BoundedChannelOptions(2000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        new Thread(Write) { IsBackground = true, Name = "display" }.Start();
    }

    public void Line(string source, string text) => _lines?.Writer.TryWrite($"[{source}] {text}");

    private void Write()
    {
        using var output = Console.OpenStandardOutput();
        try
        {
            while (_lines!.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (_lines.Reader.TryRead(out var line)) output.Write(Encoding.UTF8.GetBytes(line + "\n"));
                output.Flush();
            }
        }
        catch (IOException)
        {
            _lines!.Writer.TryComplete();
        }
    }
}

/// <summary>What a resource prints: to a file of its own, and to the display with its name in front.</summary>
internal sealed class ResourceLog(string name, string file, Display display) : IDisposable
{
    private const long LargestFile = 16 * 1024 * 1024;
    private const int Remembered = 5;
    private readonly Lock _gate = new();
    private readonly Queue<string> _last = new();
    private FileStream? _stream;

    /// <summary>The last lines, to tell why a process ended.</summary>
    public string Tail
    {
        get
        {
            lock (_gate) return string.Join(" | ", _last);
        }
    }

    /// <summary>A line of the engine's own.</summary>
    public void Note(string text) => Write(text, remember: false);

    /// <summary>A line the resource printed.</summary>
    public void Line(string text) => Write(text, remember: true);

    public void Dispose()
    {
        lock (_gate) _stream?.Dispose();
    }

    private void Write(string text, bool remember)
    {
        lock (_gate)
        {
            if (remember && text.Trim() is { Length: > 0 } line)
            {
                _last.Enqueue(line);
                if (_last.Count > Remembered) _last.Dequeue();
            }

            try
            {
                if (_stream is { } full && full.Length > LargestFile)
                {
                    full.Dispose();
                    _stream = null;
                    File.Move(file, file + ".1", overwrite: true);
                }

                _stream ??= new FileStream(file, new FileStreamOptions
                {
                    Mode = FileMode.Append,
                    Access = FileAccess.Write,
                    Share = FileShare.ReadWrite | FileShare.Delete,
                    BufferSize = 0,
                    UnixCreateMode = PrivateFiles.PlainFileMode,
                });
                _stream.Write(Encoding.UTF8.GetBytes(text + "\n"));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or UnauthorizedAccessException)
            {
                // A full disk must not stop the process whose output this is.
            }
        }

        display.Line(name, text);
    }
}
