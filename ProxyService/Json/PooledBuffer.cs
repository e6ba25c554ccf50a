using System.Buffers;

namespace GeminiBalance.ProxyService.Json;

/// <summary>A growing byte buffer on pooled memory. Not thread-safe; disposing gives the memory back.</summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private byte[] bytes;

    /// <summary>Rents memory.</summary>
    /// <param name="capacity">Bytes to begin with.</param>
    public PooledBuffer(int capacity = 4096) => bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written.</summary>
    public ReadOnlyMemory<byte> Written => bytes.AsMemory(0, Length);

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> WrittenSpan => bytes.AsSpan(0, Length);

    /// <summary>What was written, for filling in what was not known then.</summary>
    public Span<byte> MutableSpan => bytes.AsSpan(0, Length);

    /// <summary>Forgets what was written, keeps the memory.</summary>
    public void Clear() => Length = 0;

    /// <inheritdoc />
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(bytes.Length - Length), nameof(count));
        Length += count;
    }

    /// <inheritdoc />
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return bytes.AsMemory(Length);
    }

    /// <inheritdoc />
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return bytes.AsSpan(Length);
    }

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> source)
    {
        if (bytes.Length - Length < source.Length)
        {
            Reserve(source.Length);
        }

        source.CopyTo(bytes.AsSpan(Length));
        Length += source.Length;
    }

    /// <summary>Forgets the first bytes and moves the rest to the front.</summary>
    /// <param name="count">How many bytes to forget.</param>
    public void RemoveFront(int count)
    {
        bytes.AsSpan(count, Length - count).CopyTo(bytes);
        Length -= count;
    }

    /// <summary>Forgets what was written last.</summary>
    /// <param name="length">How many bytes to keep.</param>
    public void Truncate(int length) => Length = Math.Min(Length, length);

    /// <summary>Leaves the memory to the garbage collector: for when somebody else may still read it.</summary>
    public void Abandon() => bytes = [];

    /// <inheritdoc />
    public void Dispose()
    {
        var rented = bytes;
        bytes = [];
        Length = 0;
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Reserve(int sizeHint)
    {
        var needed = Math.Max(sizeHint, 256);
        if (bytes.Length - Length >= needed)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Array.MaxLength, Math.Max((long)bytes.Length * 2, (long)Length + needed)));
        bytes.AsSpan(0, Length).CopyTo(larger);
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }

        bytes = larger;
    }
}
