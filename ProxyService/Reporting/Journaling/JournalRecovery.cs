using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>
/// Puts a folder in order that a process left: cuts off a torn tail, names what is damaged, and finds the requests that were begun but have no fact.
/// Nothing sound is ever removed, and what is cut off is kept beside the segment.
/// </summary>
/// <param name="metrics">What is counted.</param>
/// <param name="logger">The log.</param>
internal sealed partial class JournalRecovery(JournalMetrics metrics, ILogger<JournalRecovery> logger)
{
    /// <summary>Reads what must be read.</summary>
    /// <param name="store">The folder.</param>
    /// <returns>The facts of requests that were left in the middle; to be written as any other.</returns>
    public IReadOnlyList<RequestFact> Run(JournalStore store)
    {
        var starts = new Dictionary<Guid, RequestStart>();
        var ended = new HashSet<Guid>();
        var lastSign = DateTimeOffset.MinValue;
        var unsettled = false;
        foreach (var segment in store.Segments)
        {
            unsettled |= !segment.Notes.IsSettled;
            if (!segment.HasSoundHead)
            {
                metrics.Damaged();
                LogHead(segment.Path);
            }

            if (unsettled || segment.Notes.Closed is null)
            {
                Scan(segment, starts, ended);
                var touched = new DateTimeOffset(File.GetLastWriteTimeUtc(segment.Path), TimeSpan.Zero);
                lastSign = touched > lastSign ? touched : lastSign;
            }

            store.Wrote(CountUnsent(segment));
        }

        var orphans = new List<RequestFact>();
        foreach (var (id, start) in starts)
        {
            if (!ended.Contains(id))
            {
                orphans.Add(start.ToAbortedFact(lastSign));
            }
        }

        if (orphans.Count > 0)
        {
            metrics.Recovered(orphans.Count);
            LogOrphans(orphans.Count);
        }

        return orphans;
    }

    /// <summary>Notes that no request of earlier segments is without its fact: called once the facts of <see cref="Run"/> are written.</summary>
    public static void Settle(JournalStore store)
    {
        foreach (var segment in store.Segments)
        {
            if (segment.IsClosed && !segment.Notes.IsSettled && !segment.HasOpenRequests)
            {
                segment.Notes.Settle();
            }
        }
    }

    private void Scan(Segment segment, Dictionary<Guid, RequestStart> starts, HashSet<Guid> ended)
    {
        long facts = 0, tokens = 0;
        var length = segment.Length;
        using (var reader = new SegmentReader(segment, 0))
        {
            while (reader.TryRead(out var kind, out var body))
            {
                switch (kind)
                {
                    case JournalRecordKind.Start when RequestStart.Read(body.Span) is { } start:
                        starts[start.Id] = start;
                        break;
                    case JournalRecordKind.Fact when SegmentReader.ReadFact(body) is { } read:
                        facts++;
                        tokens += read.Tokens?.Total ?? 0;
                        ended.Add(read.Id);
                        break;
                    default:
                        metrics.Damaged();
                        LogUnknown(segment.Path, reader.Position);
                        break;
                }
            }

            for (var gap = 0; gap < reader.Gaps; gap++)
            {
                metrics.Damaged();
                LogGap(segment.Path);
            }

            if (reader.GoodEnd < length)
            {
                CutTail(segment, reader.GoodEnd, length);
                length = reader.GoodEnd;
            }
        }

        segment.Scanned(length, facts, tokens);
        if (segment.Notes.Closed is null)
        {
            segment.Notes.Close(facts, tokens, new DateTimeOffset(File.GetLastWriteTimeUtc(segment.Path), TimeSpan.Zero));
        }
    }

    private void CutTail(Segment segment, long end, long length)
    {
        using var file = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var torn = new byte[length - end];
        var read = RandomAccess.Read(file, torn, end);
        File.WriteAllBytes($"{segment.Path}.torn", torn.AsSpan(0, read));
        RandomAccess.SetLength(file, end);
        metrics.Torn();
        LogTorn(segment.Path, end, length - end);
    }

    private static long CountUnsent(Segment segment)
    {
        if (segment.Notes.IsConfirmed || segment.Notes.SentTo >= segment.Length)
        {
            return 0;
        }

        long sent = 0;
        foreach (var (end, facts) in segment.Notes.Planned)
        {
            sent += end <= segment.Notes.SentTo ? facts : 0;
        }

        return Math.Max(0, segment.Facts - sent);
    }

    [LoggerMessage(LogLevel.Error, "The head of the journal segment {Path} is damaged; its records are read all the same.")]
    private partial void LogHead(string path);

    [LoggerMessage(LogLevel.Error, "The journal segment {Path} is damaged; the records before and behind the damage are read, the file is left as it is.")]
    private partial void LogGap(string path);

    [LoggerMessage(LogLevel.Error, "The journal segment {Path} holds a record before byte {Offset} that this version cannot read; it is left where it is.")]
    private partial void LogUnknown(string path, long offset);

    [LoggerMessage(LogLevel.Warning, "The journal segment {Path} ended in a torn record: {Bytes} bytes behind byte {End} were moved to a file beside it.")]
    private partial void LogTorn(string path, long end, long bytes);

    [LoggerMessage(LogLevel.Warning, "{Count} requests were in the middle when the gateway died; they are counted as aborted, with an estimate of what they used.")]
    private partial void LogOrphans(int count);
}
