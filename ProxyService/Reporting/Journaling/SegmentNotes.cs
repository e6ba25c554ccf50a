using System.Buffers.Binary;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>
/// What happened to a segment, appended to a small file beside it. Notes make work cheaper and repeats identical; without them everything is
/// read and sent again, which the store recognises. So a note that cannot be written is no failure.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class SegmentNotes(string path)
{
    private const int EntryBytes = 32;

    private readonly Lock writing = new();

    private enum Kind
    {
        Planned = 1,
        Sent = 2,
        Closed = 3,
        Settled = 4,
        Confirmed = 5,
        Doubted = 6,
    }

    /// <summary>Ends and sizes of the batches that were formed, in order.</summary>
    public List<(long End, int Facts)> Planned { get; } = [];

    /// <summary>The bus has confirmed everything up to here.</summary>
    public long SentTo { get; private set; }

    /// <summary>The sums of a closed segment; null for one that was not closed in order.</summary>
    public (long Facts, long Tokens, DateTimeOffset At)? Closed { get; private set; }

    /// <summary>Whether every request that began in this segment has its fact in this or another one.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Whether the store has confirmed the segment.</summary>
    public bool IsConfirmed { get; private set; }

    /// <summary>Reads what was noted before.</summary>
    public static SegmentNotes Load(string path)
    {
        var notes = new SegmentNotes(path);
        if (!File.Exists(path))
        {
            return notes;
        }

        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        for (; bytes.Length >= EntryBytes; bytes = bytes[EntryBytes..])
        {
            var entry = bytes[..EntryBytes];
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry[28..]) != JournalFrame.Checksum(entry[..28]))
            {
                break;
            }

            notes.Apply((Kind)BinaryPrimitives.ReadInt32LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[4..]), BinaryPrimitives.ReadInt64LittleEndian(entry[12..]), BinaryPrimitives.ReadInt64LittleEndian(entry[20..]));
        }

        return notes;
    }

    /// <summary>A batch is formed.</summary>
    public void Plan(long end, int facts) => Note(Kind.Planned, end, facts, 0);

    /// <summary>The bus has confirmed everything up to here.</summary>
    public void Sent(long end) => Note(Kind.Sent, end, 0, 0);

    /// <summary>The segment gets no further records.</summary>
    public void Close(long facts, long tokens, DateTimeOffset at) => Note(Kind.Closed, facts, tokens, at.UtcTicks);

    /// <summary>Every request that began here has its fact.</summary>
    public void Settle() => Note(Kind.Settled, 0, 0, 0);

    /// <summary>The store has confirmed the segment.</summary>
    public void Confirm() => Note(Kind.Confirmed, 0, 0, 0);

    /// <summary>The store that has confirmed the segment is no more, or was restored: its word does not count any longer.</summary>
    public void Doubt() => Note(Kind.Doubted, 0, 0, 0);

    private void Note(Kind kind, long a, long b, long c)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        BinaryPrimitives.WriteInt32LittleEndian(entry, (int)kind);
        BinaryPrimitives.WriteInt64LittleEndian(entry[4..], a);
        BinaryPrimitives.WriteInt64LittleEndian(entry[12..], b);
        BinaryPrimitives.WriteInt64LittleEndian(entry[20..], c);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[28..], JournalFrame.Checksum(entry[..28]));
        lock (writing)
        {
            Apply(kind, a, b, c);
            try
            {
                using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write);

                // A torn entry is overwritten: entries are of one size.
                RandomAccess.Write(file, entry, RandomAccess.GetLength(file) / EntryBytes * EntryBytes);
            }
            catch (Exception e) when (JournalDisk.IsFailure(e))
            {
                // Known in memory; see above.
            }
        }
    }

    private void Apply(Kind kind, long a, long b, long c)
    {
        switch (kind)
        {
            case Kind.Planned:
                Planned.Add((a, (int)b));
                break;
            case Kind.Sent:
                SentTo = a;
                break;
            case Kind.Closed:
                Closed = (a, b, new DateTimeOffset(c, TimeSpan.Zero));
                break;
            case Kind.Settled:
                IsSettled = true;
                break;
            case Kind.Confirmed:
                IsConfirmed = true;
                break;
            case Kind.Doubted:
                IsConfirmed = false;
                break;
        }
    }
}
