namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>The segments of one folder. New ones are added by the writer only, others by whoever takes over a folder; the list may be read by anybody.</summary>
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
        ConfirmedBy = ConfirmingStore.Read(folder.Path);
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

    /// <summary>Bytes in all segments.</summary>
    public long Bytes => Segments.Sum(segment => segment.Length);

    /// <summary>The event store that confirms segments; null when none has answered yet.</summary>
    public Guid? ConfirmedBy { get; private set; }

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

        Segment fresh;
        lock (changing)
        {
            fresh = Segment.Create(disk, folder.Path, next, now);
            next++;
        }

        CloseCurrent(now);
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

    /// <summary>Notes which event store answers. When it is another one than before, nothing that was confirmed counts any more.</summary>
    /// <param name="eventStore">What the store calls itself; it changes when it is restored from a backup.</param>
    /// <returns>The segments whose facts it may lack.</returns>
    public IReadOnlyList<Segment> AnsweredBy(Guid eventStore)
    {
        if (ConfirmedBy == eventStore)
        {
            return [];
        }

        var doubted = ConfirmedBy is null ? [] : Segments;
        foreach (var segment in doubted)
        {
            if (segment.Notes.IsConfirmed)
            {
                segment.Notes.Doubt();
            }
        }

        // Only now: a process that dies before finds the other store again, and doubts again.
        ConfirmingStore.Write(folder.Path, eventStore);
        ConfirmedBy = eventStore;
        return doubted;
    }

    /// <summary>Takes the segments of another folder, which nobody may write or read any more. They must be in order: nothing torn, no request open.</summary>
    public void Take(JournalStore other)
    {
        foreach (var segment in other.Segments)
        {
            if (segment.Notes.IsConfirmed && other.ConfirmedBy is { } by && ConfirmedBy is { } now && by != now)
            {
                segment.Notes.Doubt();
            }

            lock (changing)
            {
                // The segment first: without its notes it is read and sent anew, which the store recognises.
                var path = System.IO.Path.Combine(folder.Path, Segment.NameOf(next));
                File.Delete(path + ".notes");
                File.Move(segment.Path, path);
                if (File.Exists(segment.Path + ".notes"))
                {
                    File.Move(segment.Path + ".notes", path + ".notes");
                }

                Volatile.Write(ref segments, [.. segments, Segment.Open(path, next++)]);
            }
        }

        Wrote(other.Unsent);
    }

    /// <summary>Waits until the segment being written has reached the disk.</summary>
    public void FlushCurrent(JournalDisk disk)
    {
        if (Current?.Handle is not { } handle)
        {
            return;
        }

        try
        {
            disk.Flush(handle);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, and flushed with that.
        }
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
