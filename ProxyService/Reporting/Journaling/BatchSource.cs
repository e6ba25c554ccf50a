using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Cuts the segments into batches, in order. A stretch once cut is noted and is cut the same way after a restart.</summary>
/// <param name="store">The segments.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="logger">The log.</param>
internal sealed partial class BatchSource(JournalStore store, JournalMetrics metrics, ILogger logger) : IDisposable
{
    private readonly List<ReadOnlyMemory<byte>> facts = new(RequestsCompleted.MaximumFacts);
    private Segment? segment;
    private SegmentReader? reader;
    private DateTimeOffset writtenAt;
    private long start;
    private int planned;
    private int gaps;

    /// <summary>Told of a closed segment whose last batch has been cut.</summary>
    public Action<Segment>? Exhausted { get; init; }

    /// <summary>Takes what is written.</summary>
    /// <param name="whole">Whether a batch that is not full is wanted too.</param>
    /// <returns>A batch; null when there is none yet.</returns>
    public SegmentBatch? Next(bool whole)
    {
        while (Open())
        {
            // Read before the records: closed and read to the end means that nothing follows.
            var closed = segment!.IsClosed;
            long? end = planned < segment.Notes.Planned.Count ? segment.Notes.Planned[planned].End : null;
            while (facts.Count < RequestsCompleted.MaximumFacts && (end is null || reader!.Position < end) && reader!.TryRead(out var kind, out var body))
            {
                Take(kind, body);
            }

            if (facts.Count > 0 && (facts.Count == RequestsCompleted.MaximumFacts || end is not null || closed || whole))
            {
                return Cut(end is null);
            }

            if (facts.Count > 0 || !closed || reader!.Position < segment.Length)
            {
                return null;
            }

            Exhausted?.Invoke(segment);
            Leave();
        }

        return null;
    }

    /// <summary>The batches of a segment that was sent before, as they were cut then.</summary>
    public static IEnumerable<SegmentBatch> Again(Segment segment)
    {
        using var reader = new SegmentReader(segment, 0);
        var start = (long)Segment.HeadBytes;
        foreach (var (end, _) in segment.Notes.Planned.ToArray())
        {
            var facts = new List<ReadOnlyMemory<byte>>();
            while (reader.Position < end && reader.TryRead(out var kind, out var body))
            {
                if (kind == JournalRecordKind.Fact && SegmentReader.TakeFact(body, segment.IsOurs) is { } taken)
                {
                    facts.Add(taken.Json);
                }
            }

            yield return new SegmentBatch(segment, start, end, new RecordedFacts(facts), segment.OpenedAt);
            start = end;
        }
    }

    /// <inheritdoc />
    public void Dispose() => reader?.Dispose();

    private bool Open()
    {
        if (segment is not null)
        {
            return true;
        }

        foreach (var candidate in store.Segments)
        {
            if (!candidate.Notes.IsConfirmed && !candidate.IsRead && !(candidate.IsClosed && candidate.Notes.SentTo >= candidate.Length))
            {
                segment = candidate;
                start = Math.Max(Segment.HeadBytes, candidate.Notes.SentTo);
                reader = new SegmentReader(candidate, start);
                planned = candidate.Notes.Planned.FindIndex(plan => plan.End > start);
                planned = planned < 0 ? candidate.Notes.Planned.Count : planned;
                gaps = 0;
                return true;
            }
        }

        return false;
    }

    private void Leave()
    {
        segment!.IsRead = true;
        reader!.Dispose();
        (segment, reader) = (null, null);
    }

    private void Take(JournalRecordKind kind, ReadOnlyMemory<byte> body)
    {
        if (reader!.Gaps > gaps)
        {
            gaps = reader.Gaps;
            metrics.Damaged();
            LogDamaged(segment!.Path);
        }

        if (kind == JournalRecordKind.Fact && SegmentReader.TakeFact(body, segment!.IsOurs) is { } taken)
        {
            writtenAt = facts.Count == 0 ? taken.WrittenAt : writtenAt;
            facts.Add(taken.Json);
        }
    }

    private SegmentBatch Cut(bool note)
    {
        var end = reader!.Position;
        var batch = new SegmentBatch(segment!, start, end, new RecordedFacts([.. facts]), writtenAt);
        if (note)
        {
            segment!.Notes.Plan(end, facts.Count);
        }

        planned++;
        facts.Clear();
        start = end;
        return batch;
    }

    [LoggerMessage(LogLevel.Error, "The journal segment {Path} is damaged; the facts before and behind the damage are sent, the file is left as it is.")]
    private partial void LogDamaged(string path);
}
