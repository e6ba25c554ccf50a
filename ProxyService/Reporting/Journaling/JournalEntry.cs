using System.Threading.Tasks.Sources;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>The first byte of a payload.</summary>
internal enum JournalRecordKind : byte
{
    /// <summary>A <see cref="RequestStart"/> in its binary form.</summary>
    Start = 1,

    /// <summary>The time of writing (UTC ticks) and a <see cref="RequestFact"/> as JSON.</summary>
    Fact = 2,
}

/// <summary>A record on its way to the disk, and the wait for it. Used again and again.</summary>
internal sealed class JournalEntry : IValueTaskSource<Segment?>, IDisposable
{
    /// <summary>Bytes of a fact's payload before its JSON.</summary>
    public const int FactHeadBytes = 9;

    private readonly PooledBuffer buffer = new(1024);
    private ManualResetValueTaskSourceCore<Segment?> core;
    private Action<JournalEntry>? onRead;

    /// <summary>Creates an entry.</summary>
    public JournalEntry() => core.RunContinuationsAsynchronously = true;

    /// <summary>What it holds.</summary>
    public JournalRecordKind Kind { get; private set; }

    /// <summary>The total of a fact's tokens.</summary>
    public long Tokens { get; private set; }

    /// <summary>The segment in which a fact's request began.</summary>
    public Segment? Began { get; private set; }

    /// <summary>The whole frame.</summary>
    public ReadOnlySpan<byte> Frame => buffer.WrittenSpan;

    /// <summary>Takes a start.</summary>
    public void Set(in RequestStart start)
    {
        Begin(JournalRecordKind.Start);
        start.Write(buffer);
        End();
    }

    /// <summary>Takes a fact.</summary>
    /// <param name="fact">The fact.</param>
    /// <param name="began">The segment that holds its start.</param>
    /// <param name="now">The time.</param>
    public void Set(RequestFact fact, Segment? began, DateTimeOffset now)
    {
        Begin(JournalRecordKind.Fact);
        (Tokens, Began) = (fact.Tokens?.Total ?? 0, began);
        BitConverter.TryWriteBytes(buffer.GetSpan(8), BitConverter.IsLittleEndian ? now.UtcTicks : System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(now.UtcTicks));
        buffer.Advance(8);
        FactWriter.Write(fact, buffer);
        End();
    }

    /// <summary>The wait for the record; read once.</summary>
    /// <param name="read">Told when the entry may be used for another record.</param>
    public ValueTask<Segment?> Written(Action<JournalEntry> read)
    {
        onRead = read;
        return new ValueTask<Segment?>(this, core.Version);
    }

    /// <summary>Ends the wait.</summary>
    /// <param name="segment">Where the record lies; null when it is in memory only.</param>
    public void Complete(Segment? segment) => core.SetResult(segment);

    /// <inheritdoc />
    public Segment? GetResult(short token)
    {
        var segment = core.GetResult(token);
        core.Reset();
        onRead!(this);
        return segment;
    }

    /// <inheritdoc />
    public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

    /// <inheritdoc />
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => core.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc />
    public void Dispose() => buffer.Dispose();

    private void Begin(JournalRecordKind kind)
    {
        (Kind, Tokens, Began) = (kind, 0, null);
        buffer.Clear();
        buffer.GetSpan(JournalFrame.HeadBytes + 1)[JournalFrame.HeadBytes] = (byte)kind;
        buffer.Advance(JournalFrame.HeadBytes + 1);
    }

    private void End() => JournalFrame.Seal(buffer.MutableSpan);
}
