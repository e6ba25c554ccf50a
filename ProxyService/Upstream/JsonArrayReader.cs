using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Upstream;

/// <summary>
/// Splits a stream that is one JSON array into its elements, as Gemini sends streams that nobody asked to be events. Only brackets and strings are looked at:
/// whether an element is valid JSON is for its reader to say. A stream that is no array is one element.
/// </summary>
/// <param name="maximumBytes">The largest element accepted.</param>
internal sealed class JsonArrayReader(int maximumBytes) : IEventReader
{
    private readonly PooledBuffer input = new(ReadRoom.First);
    private ReadRoom room = new();
    private long removed;
    private int start = -1;
    private int scanned;
    private int depth;
    private bool inString;
    private bool isEscaped;
    private bool isArray;
    private bool hasBegun;
    private bool completed;

    /// <inheritdoc />
    public long Consumed => removed + (start < 0 ? scanned : start);

    /// <inheritdoc />
    public Memory<byte> GetMemory()
    {
        var keep = start < 0 ? scanned : start;
        if (keep > 0)
        {
            input.RemoveFront(keep);
            removed += keep;
            scanned -= keep;
            start = start < 0 ? start : 0;
        }

        return room.In(input);
    }

    /// <inheritdoc />
    public void Advance(int count)
    {
        room.Filled(count);
        input.Advance(count);
    }

    /// <inheritdoc />
    public void Complete() => completed = true;

    /// <inheritdoc />
    public bool TryRead(out ReadOnlyMemory<byte> data)
    {
        var bytes = input.WrittenSpan;
        while (scanned < bytes.Length)
        {
            if (Ends(bytes[scanned++]))
            {
                data = Take(scanned);
                return true;
            }
        }

        if (start >= 0 && scanned - start > maximumBytes)
        {
            throw new EventTooLargeException();
        }

        data = completed && start >= 0 ? Take(scanned) : default;
        return data.Length > 0;
    }

    /// <inheritdoc />
    public void Dispose() => input.Dispose();

    /// <summary>Looks at a byte.</summary>
    /// <returns>Whether an element ends with it.</returns>
    private bool Ends(byte next)
    {
        if (inString)
        {
            inString = isEscaped || next != '"';
            isEscaped = !isEscaped && next == '\\';
            return false;
        }

        switch (next)
        {
            case (byte)'[' when !hasBegun:
                hasBegun = true;
                isArray = true;
                return false;
            case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                return false;
            case (byte)',' or (byte)']' when isArray && depth == 0:
                return false;
        }

        hasBegun = true;
        start = start < 0 ? scanned - 1 : start;
        switch (next)
        {
            case (byte)'"':
                inString = true;
                return false;
            case (byte)'{' or (byte)'[':
                depth++;
                return false;
            case (byte)'}' or (byte)']' when depth > 0:
                depth--;
                return depth == 0 && isArray;
            default:
                return false;
        }
    }

    private ReadOnlyMemory<byte> Take(int end)
    {
        var element = input.Written[start..end];
        start = -1;
        return element.Length > maximumBytes ? throw new EventTooLargeException() : element;
    }
}
