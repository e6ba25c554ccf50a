using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Translation.Responses;
using GeminiBalance.ProxyService.Translation.Streaming;
using GeminiBalance.ProxyService.Upstream;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class ChatStreamTests
{
    public static TheoryData<string> Streams => [.. Recorded.Names("streaming-success-*.txt").Where(name => !name.Contains("function-call"))];

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
    public void Case51_Usage_IsTheLastOneAndComesOnce()
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
    public void Case72_WithoutIncludeUsage_NoChunkMentionsUsage() =>
        Assert.All(Translate(Recorded.Bytes("googleai/streaming-success-basic-reply-short.txt"), includeUsage: false, out _), chunk => Assert.False(chunk.AsObject().ContainsKey("usage")));

    [Fact]
    public void Thoughts_AreReasoningContent()
    {
        var chunks = Translate(Recorded.Bytes("googleai/streaming-success-thinking-reply-thought-summary.txt"), includeUsage: false, out _);

        Assert.Contains(chunks, chunk => (string?)chunk["choices"]![0]!["delta"]!["reasoning_content"] is { Length: > 0 });
    }

    [Fact]
    public void Case45_RecitationAfterText_EndsAsFiltered()
    {
        var chunks = Translate(Recorded.Bytes("vertexai/streaming-failure-recitation-no-content.txt"), includeUsage: false, out var text);

        Assert.NotEmpty(text);
        Assert.Equal("content_filter", (string?)chunks[^1]["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public void Case71_TwoCandidates_FinishEachOnItsOwn()
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
        using var chat = new ChatStream(new AnswerEnvelope("\"m\""u8.ToArray(), 1), false);
        using var target = new PooledBuffer();
        var reply = new GenerateContentReply();
        Assert.True(GenerateContentReader.TryRead(Encoding.UTF8.GetBytes(data), reply));

        chat.Write(reply, Encoding.UTF8.GetBytes(data), target);

        Assert.False(chat.HasContent);
        Assert.Equal(0, target.Length);
        Assert.IsType<AnswerVerdict.Empty>(chat.Judge());
    }

    private static List<JsonNode> Translate(byte[] stream, bool includeUsage, out string text)
    {
        using var events = new SseReader(1 << 20);
        using var chat = new ChatStream(new AnswerEnvelope("\"m\""u8.ToArray(), 1), includeUsage);
        using var target = new PooledBuffer();
        var reply = new GenerateContentReply();
        var expected = new StringBuilder();
        foreach (var data in SseReaderFeed.Events(events, stream, 4096).Select(data => data.AsMemory()))
        {
            Assert.True(GenerateContentReader.TryRead(data.Span, reply));
            chat.Write(reply, data.Span, target);
            foreach (var part in JsonNode.Parse(data.Span)!["candidates"]?[0]?["content"]?["parts"]?.AsArray() ?? [])
            {
                expected.Append(part!["thought"] is null ? (string?)part["text"] : "");
            }
        }

        Assert.IsType<AnswerVerdict.Complete>(chat.Judge());
        chat.Finish(reply.ResponseId, target);
        text = expected.ToString();
        var lines = Encoding.UTF8.GetString(target.WrittenSpan).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("data: {", line, StringComparison.Ordinal));
        return [.. lines.Select(line => JsonNode.Parse(line["data: ".Length..])!)];
    }
}
