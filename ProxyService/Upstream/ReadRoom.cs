using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Upstream;

/// <summary>How much room a stream is given for its next read: little while it brings little, for thousands may be open at once, and more each time it fills it.</summary>
internal struct ReadRoom
{
    /// <summary>Bytes a reader's buffer begins with.</summary>
    public const int First = 4 * 1024;

    private const int Most = 64 * 1024;

    private int wanted = First / 2;
    private int given;

    /// <summary>Begins small.</summary>
    public ReadRoom()
    {
    }

    /// <summary>Makes the room at the end of a buffer.</summary>
    public Memory<byte> In(PooledBuffer buffer)
    {
        var room = buffer.GetMemory(wanted);
        given = room.Length;
        return room;
    }

    /// <summary>Learns how much of it a read has filled.</summary>
    public void Filled(int count) => wanted = count == given ? Math.Min(wanted * 2, Most) : wanted;
}
