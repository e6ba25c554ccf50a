using System.Buffers.Binary;
using System.Security.Cryptography;
using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Facts of one segment that are sent together, now and whenever they are sent again.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Start">Where the stretch begins.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Facts">The facts in it.</param>
/// <param name="WrittenAt">When the first of them was written.</param>
internal sealed record SegmentBatch(Segment Segment, long Start, long End, IReadOnlyList<RequestFact> Facts, DateTimeOffset WrittenAt)
{
    /// <summary>Made of the segment and the stretch alone, so that a repeat has it too; ordered by the segment's time, as ids of version 7 are.</summary>
    public Guid Id { get; } = IdOf(Segment.Id, Start, End);

    /// <summary>Whether the bus has confirmed it.</summary>
    public bool IsConfirmed { get; set; }

    private static Guid IdOf(Guid segment, long start, long end)
    {
        Span<byte> bytes = stackalloc byte[32];
        segment.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes[16..], start);
        BinaryPrimitives.WriteInt64BigEndian(bytes[24..], end);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        bytes[..6].CopyTo(hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x70);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
