using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Reads the records of a segment in order. Damage is skipped and counted; what is sound behind it is still read.</summary>
internal sealed class SegmentReader : IDisposable
{
    private const int TimeBytes = JournalEntry.FactHeadBytes - 1;
    private const int ChunkBytes = JournalFrame.MaximumPayload + (256 * 1024);

    private readonly Segment segment;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle file;
    private readonly byte[] chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
    private long chunkAt;
    private int chunkLength;

    /// <summary>Opens a segment's file for reading.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="from">Where to begin.</param>
    public SegmentReader(Segment segment, long from)
    {
        this.segment = segment;
        file = File.OpenHandle(segment.Path, share: FileShare.ReadWrite | FileShare.Delete);
        Position = GoodEnd = Math.Max(from, Segment.HeadBytes);
        chunkAt = Position;
    }

    /// <summary>Where the next record is looked for.</summary>
    public long Position { get; private set; }

    /// <summary>Where the last sound record ends.</summary>
    public long GoodEnd { get; private set; }

    /// <summary>How many damaged stretches had sound records behind them.</summary>
    public int Gaps { get; private set; }

    /// <summary>Reads the next record.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="body">Its payload behind the kind; valid until the next call.</param>
    /// <returns>False at the end of what is written.</returns>
    public bool TryRead(out JournalRecordKind kind, out ReadOnlyMemory<byte> body)
    {
        kind = default;
        body = default;
        var damaged = false;
        while (Position < segment.Length)
        {
            if (Position >= chunkAt + chunkLength && !Load())
            {
                return false;
            }

            if (!TryFrame(out var payload))
            {
                // The rest of a chunk may be the front part of a frame; a chunk that begins with the frame holds all of it.
                if (chunkAt + chunkLength >= segment.Length || !Load() || !TryFrame(out payload))
                {
                    damaged = true;
                    Skip();
                    continue;
                }
            }

            Gaps += damaged ? 1 : 0;
            var offset = (int)(Position - chunkAt);
            kind = (JournalRecordKind)payload[0];
            body = chunk.AsMemory(offset + JournalFrame.HeadBytes + 1, payload.Length - 1);
            Position += JournalFrame.HeadBytes + payload.Length;
            GoodEnd = Position;
            return true;
        }

        return false;
    }

    /// <summary>Reads a fact; null when the JSON is none of ours.</summary>
    public static RequestFact? ReadFact(ReadOnlyMemory<byte> body)
    {
        try
        {
            return body.Length <= TimeBytes ? null : JsonSerializer.Deserialize(body.Span[TimeBytes..], ContractsJson.Default.RequestFact);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Takes a fact's JSON, copied, and the time it was written; null when there is none.</summary>
    /// <param name="body">The record.</param>
    /// <param name="isOurs">Whether this process wrote it: then it is known to be readable.</param>
    public static (ReadOnlyMemory<byte> Json, DateTimeOffset WrittenAt)? TakeFact(ReadOnlyMemory<byte> body, bool isOurs)
    {
        if (body.Length <= TimeBytes || (!isOurs && ReadFact(body) is null))
        {
            return null;
        }

        var ticks = Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(body.Span), 0, DateTimeOffset.MaxValue.UtcTicks);
        return (body[TimeBytes..].ToArray(), new DateTimeOffset(ticks, TimeSpan.Zero));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        file.Dispose();
        ArrayPool<byte>.Shared.Return(chunk);
    }

    private bool TryFrame(out ReadOnlySpan<byte> payload) => JournalFrame.TryRead(chunk.AsSpan(0, chunkLength)[(int)(Position - chunkAt)..], out payload);

    private bool Load()
    {
        chunkAt = Position;
        chunkLength = RandomAccess.Read(file, chunk.AsSpan(0, (int)Math.Min(ChunkBytes, segment.Length - Position)), Position);
        return chunkLength > 0;
    }

    /// <summary>Goes on to the next sound frame of the chunk, or to where one could begin behind it.</summary>
    private void Skip()
    {
        var chunkEnd = chunkAt + chunkLength;
        var found = JournalFrame.Find(chunk.AsSpan(0, chunkLength), (int)(Position - chunkAt) + 1);
        if (found >= 0)
        {
            Position = chunkAt + found;
            return;
        }

        // A frame longer than what is left of the chunk may begin anywhere in its last part.
        Position = chunkEnd >= segment.Length ? segment.Length : Math.Max(Position + 1, chunkEnd - JournalFrame.MaximumPayload - JournalFrame.HeadBytes);
    }
}
