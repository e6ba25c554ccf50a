using GeminiBalance.ProxyService.Upstream;

namespace GeminiBalance.ProxyService.Tests;

/// <summary>Feeds a reader as a connection would.</summary>
internal static class SseReaderFeed
{
    public static List<byte[]> Events(SseReader reader, byte[] stream, int step)
    {
        var events = new List<byte[]>();
        for (var start = 0; start < stream.Length; start += step)
        {
            events.AddRange(Push(reader, stream.AsSpan(start, Math.Min(step, stream.Length - start))));
        }

        events.AddRange(End(reader));
        return events;
    }

    public static List<byte[]> Push(SseReader reader, ReadOnlySpan<byte> bytes)
    {
        var events = new List<byte[]>();
        while (!bytes.IsEmpty)
        {
            var room = reader.GetMemory().Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            bytes = bytes[count..];
            reader.Advance(count);
            Take(reader, events);
        }

        return events;
    }

    public static List<byte[]> End(SseReader reader)
    {
        var events = new List<byte[]>();
        reader.Complete();
        Take(reader, events);
        return events;
    }

    private static void Take(SseReader reader, List<byte[]> events)
    {
        while (reader.TryRead(out var data))
        {
            events.Add(data.ToArray());
        }
    }
}
