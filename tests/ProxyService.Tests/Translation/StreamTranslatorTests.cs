using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Upstream;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class StreamTranslatorTests
{
    public static TheoryData<string> Streams => [.. Recorded.Names("streaming-success-*.txt").Where(name => !name.Contains("function-call") && !name.Contains("code-execution") && !name.Contains("googleai/streaming-success-empty-parts"))];

    [Theory]
    [MemberData(nameof(Streams))]
    public void RecordedStream_BecomesChunks_WithOneRoleAndOneFinish(string name)
    {
        var chunks = Translate(Recorded.Bytes(name), includeUsage: true, out var expected);

        Assert.Equal(expected, string.Concat(chunks.Select(chunk => (string?)chunk["choices"]!.AsArray().FirstOrDefault()?["delta"]?["content"])));
        Assert.Single(chunks, chunk => chunk["choices"]!.AsArray().FirstOrDefault()?["delta"]?["role"] is not null);
        var finish = Assert.Single(chunks, chunk => chunk["choices"]!.AsArray().FirstOrDefault()?["finish_reason"] is not null);
        Assert.Equal("stop", (string?)finish["choices"]![0]!["finish_reason"]);
        Assert.Same(finish, chunks[^2]);
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        Assert.All(chunks.SkipLast(1), chunk => Assert.True(chunk.AsObject().ContainsKey("usage") && chunk["usage"] is null));
        Assert.Single(chunks.Select(chunk => (string?)chunk["id"]).Distinct());
    }

    [Fact]
    public void G51_Usage_IsTheLastOneAndComesOnce()
    {
        var chunks = Translate(Encoding.UTF8.GetBytes("""
            data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1,"totalTokenCount":6}}

            data: {"candidates":[{"content":{"parts":[{"text":"b"}]}}]}

            data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":9,"totalTokenCount":14}}


            """), includeUsage: true, out _);

        var usage = Assert.Single(chunks, chunk => chunk["usage"] is not null)["usage"]!;
        Assert.Equal((5, 9, 14), ((long)usage["prompt_tokens"]!, (long)usage["completion_tokens"]!, (long)usage["total_tokens"]!));
    }

    [Fact]
    public void G72_WithoutIncludeUsage_NoChunkMentionsUsage() =>
        Assert.All(Translate(Recorded.Bytes("googleai/streaming-success-basic-reply-short.txt"), includeUsage: false, out _), chunk => Assert.False(chunk.AsObject().ContainsKey("usage")));

    [Fact]
    public void Thoughts_AreReasoningContent()
    {
        var chunks = Translate(Recorded.Bytes("googleai/streaming-success-thinking-reply-thought-summary.txt"), includeUsage: false, out _);

        Assert.Contains(chunks, chunk => (string?)chunk["choices"]![0]!["delta"]!["reasoning_content"] is { Length: > 0 });
    }

    [Fact]
    public void G45_RecitationAfterText_EndsAsFiltered()
    {
        var chunks = Translate(Recorded.Bytes("vertexai/streaming-failure-recitation-no-content.txt"), includeUsage: false, out var text);

        Assert.NotEmpty(text);
        Assert.Equal("content_filter", (string?)chunks[^1]["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public void G71_TwoCandidates_FinishEachOnItsOwn()
    {
        var chunks = Translate(Encoding.UTF8.GetBytes("""
            data: {"candidates":[{"content":{"parts":[{"text":"a"}]}},{"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS"}]}


            """), includeUsage: false, out _);

        Assert.Equal(["stop", "length"], chunks.TakeLast(2).Select(chunk => (string?)chunk["choices"]![0]!["finish_reason"]));
        Assert.Equal([0, 1], chunks.TakeLast(2).Select(chunk => (int)chunk["choices"]![0]!["index"]!));
    }

    [Theory]
    [InlineData("""{"candidates":[{"content":{"role":"model"}}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}""")]
    [InlineData("""{"usageMetadata":{"promptTokenCount":3}}""")]
    public void StreamWithoutContent_IsEmpty(string data)
    {
        Translated.Stream(Encoding.UTF8.GetBytes(Translated.Event(data)), Translated.PlainRequest, 4096, out var verdict);

        Assert.IsType<AnswerVerdict.Empty>(verdict);
    }

    private static List<JsonNode> Translate(byte[] stream, bool includeUsage, out string text)
    {
        using var events = new SseReader(1 << 20);
        var expected = new StringBuilder();
        foreach (var data in SseReaderFeed.Events(events, stream, 4096))
        {
            foreach (var part in JsonNode.Parse(data)!["candidates"]?[0]?["content"]?["parts"]?.AsArray() ?? [])
            {
                expected.Append(part!["thought"] is null ? (string?)part["text"] : "");
            }
        }

        text = expected.ToString();
        var chunks = Translated.Stream(stream, includeUsage ? """{"model":"m","messages":[{"role":"user","content":"q"}],"stream":true,"stream_options":{"include_usage":true}}""" : Translated.PlainRequest, 4096, out var verdict);
        Assert.IsType<AnswerVerdict.Complete>(verdict);
        return chunks;
    }
}
