using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Responses;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class EmbeddingListWriterTests
{
    private const string TwoVectors = """{"embeddings":[{"values":[0.1, -2e-3, 3],"shape":[3]},{"values":[4,5,6]}],"usageMetadata":{"promptTokenCount":7,"other":[{}]}}""";

    [Fact]
    public void Reply_IsReadWithItsTokens()
    {
        var reply = EmbeddingReply.Read(Encoding.UTF8.GetBytes(TwoVectors))!;

        Assert.Equal((2, 7L), (reply.Vectors.Count, reply.Tokens));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"embedding":{"values":[1]}}""")]
    [InlineData("""{"embeddings":{}}""")]
    [InlineData("""{"embeddings":[1]}""")]
    [InlineData("""{"embeddings":[{"values":1}]}""")]
    [InlineData("""{"embeddings":[{"values":[1]}]""")]
    public void Reply_OfAnotherKind_IsNone(string json) => Assert.Null(EmbeddingReply.Read(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Floats_AreCopiedAsTheyCame()
    {
        var json = Write(new EmbeddingRequest(), TwoVectors);

        Assert.Equal(
            """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1, -2e-3, 3]},{"object":"embedding","index":1,"embedding":[4,5,6]}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}""",
            json);
    }

    [Fact]
    public void G67_Base64_IsLittleEndianFloats() => Gen.Float.Where(float.IsFinite).Array[1, 5000].Sample(
        values =>
        {
            var json = Write(new EmbeddingRequest { Base64 = true }, $$"""{"embeddings":[{"values":[{{string.Join(',', values.Select(value => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}}]}]}""");

            var bytes = Convert.FromBase64String((string)JsonNode.Parse(json)!["data"]![0]!["embedding"]!);

            Assert.Equal(values, Enumerable.Range(0, bytes.Length / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * 4))));
        },
        iter: 50);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dimensions_GiveVectorsOfLengthOne(bool base64)
    {
        var json = JsonNode.Parse(Write(new EmbeddingRequest { Dimensions = 2, Base64 = base64 }, """{"embeddings":[{"values":[3,4]},{"values":[0,0]}]}"""))!;

        float[] Vector(int i) => base64
            ? [.. Convert.FromBase64String((string)json["data"]![i]!["embedding"]!).Chunk(4).Select(bytes => BinaryPrimitives.ReadSingleLittleEndian(bytes))]
            : [.. json["data"]![i]!["embedding"]!.AsArray().Select(value => (float)value!)];

        Assert.Equal([0.6f, 0.8f], Vector(0));
        Assert.Equal([0f, 0f], Vector(1));
    }

    [Theory]
    [InlineData("1e999")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    [InlineData("")]
    public void Vector_OfNoNumbers_IsRefused(string values)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"embeddings":[{"values":[1]},{"values":[{{values}}]}]}""");
        using var target = new PooledBuffer();
        EmbeddingListWriter.Begin(target);
        var before = target.Length;

        Assert.False(EmbeddingListWriter.TryAdd(new EmbeddingRequest(), EmbeddingReply.Read(json)!, json, 0, target));

        Assert.Equal(before, target.Length);
    }

    private static string Write(EmbeddingRequest request, string reply)
    {
        var json = Encoding.UTF8.GetBytes(reply);
        using var target = new PooledBuffer();
        EmbeddingListWriter.Begin(target);
        var read = EmbeddingReply.Read(json)!;
        Assert.True(EmbeddingListWriter.TryAdd(request, read, json, 0, target));
        EmbeddingListWriter.End("\"m\""u8, read.Tokens ?? 0, target);
        return Encoding.UTF8.GetString(target.WrittenSpan);
    }
}
