using System.Buffers.Binary;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Ids of requests: UUIDs of version 7 (RFC 9562, 5.7), unique but no secrets, so that not every request has to ask the kernel for randomness.</summary>
internal static class RequestId
{
    /// <summary>Makes one.</summary>
    /// <param name="now">When the request began; ids sort by it, to the millisecond.</param>
    /// <param name="random">Fills the rest.</param>
    public static Guid Create(DateTimeOffset now, Random random)
    {
        Span<byte> id = stackalloc byte[16];
        random.NextBytes(id[6..]);
        var milliseconds = now.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)(milliseconds >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(id[2..], (uint)milliseconds);
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}
