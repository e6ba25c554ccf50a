using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>One file of the journal. Written by one thread at a time, read by the pump up to <see cref="Length"/>.</summary>
internal sealed class Segment
{
    /// <summary>Bytes before the first frame: mark, id, time of opening, CRC32C.</summary>
    public const int HeadBytes = 32;

    private const uint Mark = 0x314A4247;

    private long length = HeadBytes;
    private long facts;
    private long tokens;
    private int open;
    private int closed;

    private Segment(string path, long number, Guid id, DateTimeOffset openedAt, SegmentNotes notes)
    {
        (Path, Number, Id, OpenedAt, Notes) = (path, number, id, openedAt, notes);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Its place among the segments of its folder.</summary>
    public long Number { get; }

    /// <summary>What it is called in messages.</summary>
    public Guid Id { get; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset OpenedAt { get; }

    /// <summary>What happened to it.</summary>
    public SegmentNotes Notes { get; }

    /// <summary>Whether its head could be read; if not, it has been given a new id.</summary>
    public bool HasSoundHead { get; private init; } = true;

    /// <summary>Whether this process wrote it.</summary>
    public bool IsOurs { get; private init; }

    /// <summary>The open file, while it is written.</summary>
    public SafeFileHandle? Handle { get; private set; }

    /// <summary>Where the last written frame ends.</summary>
    public long Length => Volatile.Read(ref length);

    /// <summary>How many facts it holds.</summary>
    public long Facts => Volatile.Read(ref facts);

    /// <summary>The sum of their tokens.</summary>
    public long Tokens => Volatile.Read(ref tokens);

    /// <summary>Whether it gets no further records.</summary>
    public bool IsClosed => Volatile.Read(ref closed) == 1;

    /// <summary>Whether all its batches have been cut; set and read under the pump's lock.</summary>
    public bool IsCut { get; set; }

    /// <summary>Whether the pump has read it to its end; the pump's own.</summary>
    public bool IsRead { get; set; }

    /// <summary>When it was closed.</summary>
    public DateTimeOffset ClosedAt => Notes.Closed?.At ?? OpenedAt;

    /// <summary>Whether requests that began in it are still without a fact.</summary>
    public bool HasOpenRequests => Volatile.Read(ref open) > 0;

    /// <summary>The name of a segment's file.</summary>
    public static string NameOf(long number) => $"{number:D10}.segment";

    /// <summary>Begins a segment.</summary>
    public static Segment Create(JournalDisk disk, string folder, long number, DateTimeOffset now)
    {
        var path = System.IO.Path.Combine(folder, NameOf(number));
        var id = Guid.CreateVersion7(now);
        Span<byte> head = stackalloc byte[HeadBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Mark);
        id.TryWriteBytes(head[4..]);
        BinaryPrimitives.WriteInt64LittleEndian(head[20..], now.UtcTicks);
        BinaryPrimitives.WriteUInt32LittleEndian(head[28..], JournalFrame.Checksum(head[..28]));
        File.Delete(path);
        File.Delete(path + ".notes");
        var handle = disk.Create(path);
        try
        {
            disk.Write(handle, head, 0);
        }
        catch
        {
            handle.Dispose();
            throw;
        }

        return new Segment(path, number, id, now, new SegmentNotes(path + ".notes")) { Handle = handle, IsOurs = true };
    }

    /// <summary>Looks at a segment of an earlier process.</summary>
    /// <param name="path">The file.</param>
    /// <param name="number">Its number.</param>
    public static Segment Open(string path, long number)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        using var file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        var sound = RandomAccess.Read(file, head, 0) == HeadBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(head) == Mark
            && BinaryPrimitives.ReadUInt32LittleEndian(head[28..]) == JournalFrame.Checksum(head[..28]);
        var openedAt = sound ? new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(head[20..]), TimeSpan.Zero) : new DateTimeOffset(File.GetCreationTimeUtc(path), TimeSpan.Zero);
        var notes = SegmentNotes.Load(path + ".notes");
        return new Segment(path, number, sound ? new Guid(head.Slice(4, 16)) : Guid.CreateVersion7(openedAt), openedAt, notes)
        {
            HasSoundHead = sound,
            length = Math.Max(HeadBytes, RandomAccess.GetLength(file)),
            facts = notes.Closed?.Facts ?? 0,
            tokens = notes.Closed?.Tokens ?? 0,
            closed = 1,
        };
    }

    /// <summary>Takes over what was appended; only the writer calls it.</summary>
    public void Appended(long bytes, int moreFacts, long moreTokens, int starts)
    {
        Interlocked.Add(ref open, starts);
        Volatile.Write(ref facts, facts + moreFacts);
        Volatile.Write(ref tokens, tokens + moreTokens);
        Volatile.Write(ref length, length + bytes);
    }

    /// <summary>A request that began in this segment has its fact.</summary>
    public void Finished() => Interlocked.Decrement(ref open);

    /// <summary>Takes over what a scan of an earlier process's segment has found.</summary>
    public void Scanned(long end, long foundFacts, long foundTokens)
    {
        (length, facts, tokens) = (end, foundFacts, foundTokens);
    }

    /// <summary>No further records come; the file stays open until it has reached the disk.</summary>
    public void Close(DateTimeOffset now)
    {
        Notes.Close(Facts, Tokens, now);
        Volatile.Write(ref closed, 1);
    }

    /// <summary>Closes the file itself.</summary>
    public void Release()
    {
        Handle?.Dispose();
        Handle = null;
    }

    /// <summary>Removes the segment and its notes.</summary>
    public void Delete()
    {
        File.Delete(Path);
        File.Delete(Path + ".notes");
    }
}
