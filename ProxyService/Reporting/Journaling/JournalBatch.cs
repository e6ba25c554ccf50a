using System.Collections.Concurrent;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>The entries that go to the disk in one write.</summary>
internal sealed class JournalBatch : IDisposable
{
    private const int LargestBytes = 256 * 1024;

    private readonly PooledBuffer bytes = new(LargestBytes);

    /// <summary>The entries, in order.</summary>
    public List<JournalEntry> Entries { get; } = [];

    /// <summary>Their frames, one behind the other.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.WrittenSpan;

    /// <summary>How many of them are facts.</summary>
    public int Facts { get; private set; }

    /// <summary>The sum of the facts' tokens.</summary>
    public long Tokens { get; private set; }

    /// <summary>How many of them are starts.</summary>
    public int Starts => Entries.Count - Facts;

    /// <summary>Takes what waits, as far as it fits.</summary>
    /// <returns>False when nothing waits.</returns>
    public bool Take(ConcurrentQueue<JournalEntry> waiting)
    {
        Entries.Clear();
        bytes.Clear();
        (Facts, Tokens) = (0, 0);
        while (bytes.Length < LargestBytes && waiting.TryDequeue(out var entry))
        {
            Entries.Add(entry);
            bytes.Append(entry.Frame);
            Facts += entry.Kind == JournalRecordKind.Fact ? 1 : 0;
            Tokens += entry.Tokens;
        }

        return Entries.Count > 0;
    }

    /// <inheritdoc />
    public void Dispose() => bytes.Dispose();
}
