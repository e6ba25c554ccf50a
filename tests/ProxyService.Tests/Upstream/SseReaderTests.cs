using System.Text;
using CsCheck;
using GeminiBalance.ProxyService.Upstream;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Upstream;

public sealed class SseReaderTests
{
    private static readonly string[] Lines = ["data: a", "data:bc", "{", "}", ": c", "", "id: 1", "x"];
    private static readonly string[] Ends = ["\n", "\r\n", "\r"];

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Events_CutAtEveryByte_AreTheSame(string lineEnd)
    {
        var stream = Encoding.UTF8.GetBytes("""
            : a comment
            data: {"a":"é😀"}

            event: message
            id: 7
            data:{"b":
            data: 2}

            data:

            retry: 10
            data: last
            """.ReplaceLineEndings(lineEnd));
        string[] expected = ["{\"a\":\"é😀\"}", "{\"b\":\n2}", "last"];

        for (var cut = 0; cut <= stream.Length; cut++)
        {
            Assert.Equal(expected, Read(stream, cut));
        }

        Assert.Equal(expected, Texts(SseReaderFeed.Events(new SseReader(1000), stream, 1)));
    }

    [Fact]
    public void G48_BareJsonAfterEvents_IsOneEvent()
    {
        var events = Texts(SseReaderFeed.Events(new SseReader(1 << 20), Recorded.Bytes("vertexai/streaming-failure-error-mid-stream.txt"), 100));

        Assert.Equal(3, events.Count);
        Assert.Contains("\"code\": 499", events[2], StringComparison.Ordinal);
        Assert.StartsWith("{", events[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void G48_BareJsonRightBehindAnEvent_IsAnEventOfItsOwn(string lineEnd)
    {
        var stream = Encoding.UTF8.GetBytes("data: {\"a\":[\n{\"b\":1}]}\n{\n  \"error\": {\"code\": 499}\n}\n".ReplaceLineEndings(lineEnd));
        string[] expected = ["{\"a\":[{\"b\":1}]}\n", "{\n  \"error\": {\"code\": 499}\n}\n"];
        var plain = Encoding.UTF8.GetBytes("data: {\"a\":1}\n{\n  \"error\": {\"code\": 499}\n}\n".ReplaceLineEndings(lineEnd));

        for (var step = 1; step <= plain.Length; step++)
        {
            Assert.Equal(["{\"a\":1}", expected[1]], Texts(SseReaderFeed.Events(new SseReader(1000), plain, step)));
        }

        // An event that goes on over lines without the word in front stays one.
        Assert.Equal([expected[0] + expected[1]], Texts(SseReaderFeed.Events(new SseReader(1000), stream, 3)));
    }

    [Fact]
    public void PlainJsonInsteadOfEvents_IsOneEvent() =>
        Assert.Contains("User location is not supported", Assert.Single(Texts(SseReaderFeed.Events(new SseReader(1 << 20), Recorded.Bytes("vertexai/streaming-failure-http-error.txt"), 7))), StringComparison.Ordinal);

    [Fact]
    public void ByteOrderMark_IsSkipped()
    {
        byte[] stream = [0xEF, 0xBB, 0xBF, .. "data: x\n\n"u8];

        for (var step = 1; step <= stream.Length; step++)
        {
            Assert.Equal(["x"], Texts(SseReaderFeed.Events(new SseReader(100), stream, step)));
        }
    }

    [Fact]
    public void G65_EventOfManyMegabytes_IsRead()
    {
        var big = new string('x', 20_000_000);

        Assert.Equal(big.Length, Assert.Single(SseReaderFeed.Events(new SseReader(64 << 20), Encoding.UTF8.GetBytes($"data: {big}\n\n"), 60_000)).Length);
    }

    [Theory]
    [InlineData("data: {0}\n\n")]
    [InlineData("data: {0}")]
    [InlineData("{0}\n")]
    [InlineData("data: a\ndata: {0}\n\n")]
    public void EventOverTheLimit_IsRefused(string format)
    {
        var stream = Encoding.UTF8.GetBytes(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, new string('x', 5000)));

        Assert.Throws<EventTooLargeException>(() => SseReaderFeed.Events(new SseReader(1000), stream, 64));
    }

    [Fact]
    public void AnyBytes_InAnySteps_EndAndLoseNoData() =>
        Gen.Select(Gen.Int[0, 7].Select(i => Lines[i]).Array[0, 20], Gen.Int[0, 2].Select(i => Ends[i]).Array[20], Gen.Int[1, 40])
            .Sample((lines, ends, step) =>
            {
                var text = string.Concat(lines.Select((line, i) => line + ends[i]));
                var stream = Encoding.UTF8.GetBytes(text);
                using var whole = new SseReader(10_000);
                using var stepped = new SseReader(10_000);
                return Texts(SseReaderFeed.Events(whole, stream, stream.Length + 1)).SequenceEqual(Texts(SseReaderFeed.Events(stepped, stream, step)));
            });

    private static List<string> Read(byte[] stream, int cut)
    {
        using var reader = new SseReader(1000);
        var events = SseReaderFeed.Push(reader, stream.AsSpan(0, cut));
        events.AddRange(SseReaderFeed.Push(reader, stream.AsSpan(cut)));
        events.AddRange(SseReaderFeed.End(reader));
        return Texts(events);
    }

    private static List<string> Texts(List<byte[]> events) => [.. events.Select(Encoding.UTF8.GetString)];
}
