using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Upstream;

/// <summary>An upstream event is larger than allowed.</summary>
internal sealed class EventTooLargeException() : Exception("An event of the upstream is larger than Gemini:MaximumEventBytes.");

/// <summary>
/// Splits a byte stream into the data of server-sent events, whatever the line ends and however it was cut into reads.
/// Gemini sometimes leaves the format: an error may follow the events as bare JSON over several lines, or the whole answer may be a JSON array.
/// Such lines are collected until a blank line or the end. Memory is bounded by the largest event.
/// </summary>
/// <param name="maximumEventBytes">The largest event accepted.</param>
internal sealed class SseReader(int maximumEventBytes) : IEventReader
{
    private const byte LineFeed = (byte)'\n';
    private const byte CarriageReturn = (byte)'\r';

    private readonly PooledBuffer input = new(ReadRoom.First);
    private readonly PooledBuffer joined = new(256);
    private ReadRoom room = new();
    private long removed;
    private int position;
    private int scanned;
    private bool skipLineFeed;
    private bool atStart = true;
    private bool completed;
    private Pending pending;
    private JsonSlice single;

    /// <inheritdoc />
    public long Consumed => removed + position;

    /// <inheritdoc />
    public Memory<byte> GetMemory()
    {
        // Room is made only when there is nothing left to return but an unfinished line and a single pending one.
        Compact();
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
        if (pending == Pending.Returned)
        {
            pending = Pending.Nothing;
            joined.Clear();
        }

        while (TryReadLine(out var line))
        {
            if (line.Length == 0)
            {
                if (TryTake(out data))
                {
                    return true;
                }

                continue;
            }

            if (BeginsAnotherValue(line) && TryTake(out data))
            {
                position = line.Start;
                scanned = position;
                skipLineFeed = false;
                return true;
            }

            Add(line);
        }

        if (Size() > maximumEventBytes)
        {
            throw new EventTooLargeException();
        }

        data = default;
        return completed && TryTake(out data);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        input.Dispose();
        joined.Dispose();
    }

    private void Add(JsonSlice line)
    {
        var bytes = line.In(input.WrittenSpan);
        if (pending != Pending.Bare && TryField(bytes, out var value))
        {
            if (value >= 0)
            {
                AddData(new JsonSlice(line.Start + value, line.Length - value));
            }

            return;
        }

        pending = Pending.Bare;
        Materialise();
        joined.Append(bytes);
        joined.Append("\n"u8);
    }

    /// <summary>
    /// Whether a line is bare JSON directly behind a whole event, without the blank line between: read as one they would spoil both.
    /// No JSON value goes on with an opening bracket behind a closing one.
    /// </summary>
    private bool BeginsAnotherValue(JsonSlice line)
    {
        var bytes = input.WrittenSpan;
        if (pending is not (Pending.Single or Pending.Joined) || line.In(bytes)[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        var value = (pending == Pending.Single ? single.In(bytes) : joined.WrittenSpan).TrimEnd((byte)' ');
        return value is [.., (byte)'}' or (byte)']'];
    }

    private void AddData(JsonSlice value)
    {
        if (pending == Pending.Nothing)
        {
            pending = Pending.Single;
            single = value.Length == 0 ? default : value;
            return;
        }

        pending = Pending.Joined;
        Materialise();
        if (joined.Length > 0)
        {
            joined.Append("\n"u8);
        }

        joined.Append(value.In(input.WrittenSpan));
    }

    /// <summary>Moves a single data line to where lines are joined.</summary>
    private void Materialise()
    {
        if (!single.IsNone)
        {
            joined.Append(single.In(input.WrittenSpan));
            single = default;
        }
    }

    private bool TryTake(out ReadOnlyMemory<byte> data)
    {
        if (Size() > maximumEventBytes)
        {
            throw new EventTooLargeException();
        }

        switch (pending)
        {
            case Pending.Single:
                data = input.Written.Slice(single.Start, single.Length);
                single = default;
                break;
            case Pending.Joined or Pending.Bare:
                data = joined.Written;
                break;
            default:
                data = default;
                break;
        }

        if (data.Length > 0)
        {
            pending = Pending.Returned;
            return true;
        }

        pending = Pending.Nothing;
        joined.Clear();
        return false;
    }

    /// <summary>Recognises a line of the event format.</summary>
    /// <param name="line">The line.</param>
    /// <param name="value">Where its data begins; -1 when it has none that matters.</param>
    private static bool TryField(ReadOnlySpan<byte> line, out int value)
    {
        value = -1;
        if (line.StartsWith("data:"u8))
        {
            value = line.Length > 5 && line[5] == ' ' ? 6 : 5;
            return true;
        }

        return line[0] == ':' || line.StartsWith("event:"u8) || line.StartsWith("id:"u8) || line.StartsWith("retry:"u8) || line.SequenceEqual("data"u8) || line.SequenceEqual("event"u8) || line.SequenceEqual("id"u8);
    }

    private bool TryReadLine(out JsonSlice line)
    {
        var bytes = input.WrittenSpan;
        if (skipLineFeed && position < bytes.Length)
        {
            skipLineFeed = false;
            if (bytes[position] == LineFeed)
            {
                position++;
                scanned = Math.Max(scanned, position);
            }
        }

        if (atStart && !SkipByteOrderMark(bytes))
        {
            line = default;
            return false;
        }

        var end = scanned < bytes.Length ? bytes[scanned..].IndexOfAny(LineFeed, CarriageReturn) : -1;
        if (end < 0)
        {
            scanned = bytes.Length;
            if (!completed || position == bytes.Length)
            {
                line = default;
                return false;
            }

            line = new JsonSlice(position, bytes.Length - position);
            position = bytes.Length;
            return true;
        }

        end += scanned;
        line = new JsonSlice(position, end - position);
        skipLineFeed = bytes[end] == CarriageReturn;
        position = end + 1;
        scanned = position;
        return true;
    }

    private bool SkipByteOrderMark(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (bytes.Length < mark.Length && !completed && mark.StartsWith(bytes))
        {
            return false;
        }

        atStart = false;
        if (bytes.StartsWith(mark))
        {
            position = mark.Length;
            scanned = Math.Max(scanned, position);
        }

        return true;
    }

    private int Size() => joined.Length + single.Length + (input.Length - position);

    private void Compact()
    {
        var keep = single.IsNone ? position : Math.Min(single.Start, position);
        if (keep == 0)
        {
            return;
        }

        input.RemoveFront(keep);
        removed += keep;
        position -= keep;
        scanned -= keep;
        single = single.IsNone ? single : single with { Start = single.Start - keep };
    }

    private enum Pending
    {
        Nothing,
        Single,
        Joined,
        Bare,
        Returned,
    }
}
