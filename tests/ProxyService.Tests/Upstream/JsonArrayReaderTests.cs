using System.Text;
using CsCheck;
using GeminiBalance.ProxyService.Upstream;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Upstream;

public sealed class JsonArrayReaderTests
{
    private const string Pretty = "[{\n  \"a\": \"]}\\\"{[\"\n}\n,\r\n{\"b\": [1, {\"c\": 2}]},\n{}\n]\n";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Elements_AreFoundHoweverTheyAreCut(int size)
    {
        var (elements, consumed) = Read(Encoding.UTF8.GetBytes(Pretty), size);

        Assert.Equal(["{\n  \"a\": \"]}\\\"{[\"\n}", "{\"b\": [1, {\"c\": 2}]}", "{}"], elements);
        Assert.Equal(["[{\n  \"a\": \"]}\\\"{[\"\n}", "\n,\r\n{\"b\": [1, {\"c\": 2}]}", ",\n{}"], consumed);
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData("[]", new string[0])]
    [InlineData(" [ ] ", new string[0])]
    [InlineData("""{"error":{"code":1}}""", new[] { """{"error":{"code":1}}""" })]
    [InlineData("<html>no</html>", new[] { "<html>no</html>" })]
    [InlineData("""[{"a":1},{"b":""", new[] { """{"a":1}""", """{"b":""" })]
    public void Stream_OfAnyKind_Ends(string text, string[] expected) => Assert.Equal(expected, Read(Encoding.UTF8.GetBytes(text), 7).Elements);

    [Fact]
    public void AnyBytes_EndWithoutAnythingLostTwice() => Gen.Select(Gen.Char["[]{}\",\\ a1"].Array[0, 200].Select(letters => Encoding.ASCII.GetBytes(letters)), Gen.Int[1, 50]).Sample((bytes, size) =>
    {
        var whole = Read(bytes, int.MaxValue);
        var cut = Read(bytes, size);

        Assert.Equal(whole.Elements, cut.Elements);
        Assert.StartsWith(string.Concat(cut.Frames), Encoding.ASCII.GetString(bytes), StringComparison.Ordinal);
    });

    [Fact]
    public void Element_LargerThanAllowed_IsRefused()
    {
        using var reader = new JsonArrayReader(1024);
        Encoding.ASCII.GetBytes("[{\"a\":\"" + new string('x', 2000)).CopyTo(reader.GetMemory().Span);
        reader.Advance(2007);

        Assert.Throws<EventTooLargeException>(() => reader.TryRead(out _));
    }

    private static (List<string> Elements, List<string> Frames) Read(byte[] bytes, int size)
    {
        using var reader = new JsonArrayReader(1024 * 1024);
        var elements = new List<string>();
        var frames = new List<string>();
        long consumed = 0;
        for (var at = 0; ; at += size)
        {
            var piece = at < bytes.Length ? bytes.AsSpan(at, Math.Min(size, bytes.Length - at)) : [];
            piece.CopyTo(reader.GetMemory().Span);
            reader.Advance(piece.Length);
            if (piece.Length == 0)
            {
                reader.Complete();
            }

            while (reader.TryRead(out var element))
            {
                elements.Add(Encoding.UTF8.GetString(element.Span));
                frames.Add(Encoding.UTF8.GetString(bytes.AsSpan((int)consumed, (int)(reader.Consumed - consumed))));
                consumed = reader.Consumed;
            }

            if (piece.Length == 0)
            {
                return (elements, frames);
            }

            at = size > bytes.Length ? bytes.Length - size : at;
        }
    }
}
