namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>The segments of one folder. Segments are added by the writer only; the list may be read by anybody.</summary>
internal sealed class JournalStore : IDisposable
{
    private readonly JournalFolder folder;
    private readonly Lock changing = new();
    private readonly Queue<Segment> closing = [];
    private Segment[] segments = [];
    private long next = 1;
    private long unsent;

    /// <summary>Looks at what lies in a folder.</summary>
    /// <param name="folder">The folder.</param>
    public JournalStore(JournalFolder folder)
    {
        this.folder = folder;
        foreach (var (path, number) in folder.Segments())
        {
            segments = [.. segments, Segment.Open(path, number)];
            next = number + 1;
        }
    }

    /// <summary>Where it is.</summary>
    public string Path => folder.Path;

    /// <summary>All segments, oldest first.</summary>
    public IReadOnlyList<Segment> Segments => Volatile.Read(ref segments);

    /// <summary>The segment being written.</summary>
    public Segment? Current { get; private set; }

    /// <summary>Facts that the bus has not confirmed.</summary>
    public long Unsent => Interlocked.Read(ref unsent);

    /// <summary>Facts were written.</summary>
    public void Wrote(long facts) => Interlocked.Add(ref unsent, facts);

    /// <summary>Facts were confirmed by the bus.</summary>
    public void Sent(long facts) => Interlocked.Add(ref unsent, -facts);

    /// <summary>The segment that takes the next bytes; a new one when they do not fit.</summary>
    public Segment For(int bytes, int limit, JournalDisk disk, DateTimeOffset now)
    {
        if (Current is { } current && (current.Length == Segment.HeadBytes || current.Length + bytes <= limit))
        {
            return current;
        }

        var fresh = Segment.Create(disk, folder.Path, next, now);
        CloseCurrent(now);
        next++;
        lock (changing)
        {
            Volatile.Write(ref segments, [.. segments, fresh]);
        }

        return Current = fresh;
    }

    /// <summary>Closes the segment being written, if there is one.</summary>
    public void CloseCurrent(DateTimeOffset now)
    {
        if (Current is not { } current)
        {
            return;
        }

        current.Close(now);
        lock (changing)
        {
            closing.Enqueue(current);
        }

        Current = null;
    }

    /// <summary>Flushes and closes the files of segments that are closed.</summary>
    public void ReleaseClosed(JournalDisk disk)
    {
        while (true)
        {
            Segment segment;
            lock (changing)
            {
                if (!closing.TryDequeue(out segment!))
                {
                    return;
                }
            }

            try
            {
                if (segment.Handle is { } handle)
                {
                    // What a failed write left behind its end was written elsewhere, or will be.
                    RandomAccess.SetLength(handle, segment.Length);
                    disk.Flush(handle);
                }
            }
            finally
            {
                segment.Release();
            }
        }
    }

    /// <summary>Removes a segment that is not needed any more.</summary>
    public void Remove(Segment segment)
    {
        lock (changing)
        {
            Volatile.Write(ref segments, [.. segments.Where(other => other != segment)]);
        }

        segment.Delete();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Current?.Release();
        foreach (var segment in closing)
        {
            segment.Release();
        }

        folder.Dispose();
    }
}
