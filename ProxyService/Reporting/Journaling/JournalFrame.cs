using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>How records lie in a segment: length, CRC32C of the payload, payload. Numbers are little-endian.</summary>
internal static class JournalFrame
{
    /// <summary>Bytes before the payload.</summary>
    public const int HeadBytes = 8;

    /// <summary>The longest payload. A fact has a few kilobytes at most; a longer length is damage.</summary>
    public const int MaximumPayload = 256 * 1024;

    /// <summary>Fills in the head of a frame whose payload stands behind it already.</summary>
    /// <param name="frame">Head and payload.</param>
    public static void Seal(Span<byte> frame)
    {
        var payload = frame[HeadBytes..];
        BinaryPrimitives.WriteInt32LittleEndian(frame, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(payload));
    }

    /// <summary>Reads the frame that bytes begin with.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="payload">The payload, when the frame is whole and sound.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (bytes.Length < HeadBytes)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is <= 0 or > MaximumPayload || bytes.Length - HeadBytes < length)
        {
            return false;
        }

        payload = bytes.Slice(HeadBytes, length);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == Checksum(payload);
    }

    /// <summary>Finds the next sound frame behind damage.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="from">Where to begin.</param>
    /// <returns>Its offset; -1 when there is none.</returns>
    public static int Find(ReadOnlySpan<byte> bytes, int from)
    {
        for (var offset = from; offset <= bytes.Length - HeadBytes; offset++)
        {
            if (TryRead(bytes[offset..], out _))
            {
                return offset;
            }
        }

        return -1;
    }

    /// <summary>CRC32C.</summary>
    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            crc = BitOperations.Crc32C(crc, BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        foreach (var rest in bytes[(bytes.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}
