using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Translation.Responses;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class ChatCompletionWriterTests
{
    public static TheoryData<string> Answers => [.. Recorded.Names("unary-success-*.json").Where(name => !name.Contains("tokens.json") && !name.Contains("token-response") && !name.Contains("generate-images") && !name.Contains("function-call") && !name.Contains("invalid-safety-ratings") && !name.Contains("empty-text-part") && !name.Contains("code-execution"))];

    [Theory]
    [MemberData(nameof(Answers))]
    public void RecordedAnswer_BecomesACompletion_WithAllItsTextAndUsage(string name)
    {
        var gemini = JsonNode.Parse(Recorded.Bytes(name))!;
        var answer = Write(Recorded.Bytes(name));

        var parts = gemini["candidates"]![0]!["content"]!["parts"]!.AsArray();
        Assert.Equal(string.Concat(parts.Where(part => part!["thought"] is null).Select(part => (string?)part!["text"])), (string?)answer["choices"]![0]!["message"]!["content"]);
        Assert.Equal("stop", (string?)answer["choices"]![0]!["finish_reason"]);
        Assert.Equal("assistant", (string?)answer["choices"]![0]!["message"]!["role"]);
        var used = gemini["usageMetadata"];
        Assert.Equal(Count(used, "promptTokenCount") + Count(used, "toolUsePromptTokenCount"), (long)answer["usage"]!["prompt_tokens"]!);
        Assert.Equal(Count(used, "candidatesTokenCount") + Count(used, "thoughtsTokenCount"), (long)answer["usage"]!["completion_tokens"]!);
        Assert.Equal(Count(used, "totalTokenCount"), (long)answer["usage"]!["total_tokens"]!);
    }

    [Fact]
    public void G52_CodeExecutionUsage_AddsUp()
    {
        var usage = Write(Recorded.Bytes("googleai/unary-success-code-execution.json"))["usage"]!;

        Assert.Equal((181, 182, 363, 86), ((long)usage["prompt_tokens"]!, (long)usage["completion_tokens"]!, (long)usage["total_tokens"]!, (long)usage["completion_tokens_details"]!["reasoning_tokens"]!));
    }

    [Fact]
    public void Thoughts_GoBesideTheAnswer()
    {
        var message = Write(Recorded.Bytes("googleai/unary-success-thinking-reply-thought-summary.json"))["choices"]![0]!["message"]!;

        Assert.NotEmpty((string)message["reasoning_content"]!);
        Assert.DoesNotContain((string)message["reasoning_content"]!, (string)message["content"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("STOP", "a", 0, "stop")]
    [InlineData("STOP", "", 9, "stop")]
    [InlineData("STOP", "", 0, null)]
    [InlineData(null, "a", 0, "stop")]
    [InlineData(null, "", 0, null)]
    [InlineData("MAX_TOKENS", "a", 0, "length")]
    [InlineData("MAX_TOKENS", "", 0, "length")]
    [InlineData("SAFETY", "a", 0, "content_filter")]
    [InlineData("RECITATION", "", 0, "content_filter")]
    [InlineData("SPII", "", 0, "content_filter")]
    [InlineData("OTHER", "a", 0, "content_filter")]
    [InlineData("OTHER", "", 0, null)]
    [InlineData("MALFORMED_FUNCTION_CALL", "a", 0, "stop")]
    [InlineData("MALFORMED_FUNCTION_CALL", "", 0, null)]
    [InlineData("FAKE_ENUM", "a", 0, "stop")]
    [InlineData("FAKE_ENUM", "", 0, null)]
    public void FinishReason_IsOneOfOpenAisWords_OrNoAnswer(string? reason, string text, int thoughts, string? expected)
    {
        var finish = reason is null ? "" : $",\"finishReason\":\"{reason}\"";
        var json = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"" + text + "\"}]}" + finish + "}],\"usageMetadata\":{\"promptTokenCount\":6,\"thoughtsTokenCount\":" + thoughts + "}}";
        var reply = Read(System.Text.Encoding.UTF8.GetBytes(json));

        Assert.Equal(expected, ChatCompletionWriter.Judge(reply) is AnswerVerdict.Complete complete ? complete.FinishReason : null);
    }

    [Theory]
    [InlineData("vertexai/unary-failure-prompt-blocked-safety.json", "SAFETY")]
    [InlineData("vertexai/unary-failure-unknown-enum-prompt-blocked.json", "FAKE_NEW_BLOCK_REASON")]
    public void BlockedPrompt_IsRecognised(string name, string reason)
    {
        var reply = Read(Recorded.Bytes(name));

        Assert.True(reply.IsBlocked);
        Assert.Empty(reply.Candidates);
        Assert.Equal(reason, reply.BlockReason);
    }

    [Theory]
    [InlineData("vertexai/unary-failure-empty-content.json")]
    [InlineData("googleai/unary-failure-with-message-no-content.json")]
    public void AnswerWithoutContent_IsEmpty(string name) => Assert.IsType<AnswerVerdict.Empty>(ChatCompletionWriter.Judge(Read(Recorded.Bytes(name))));

    [Fact]
    public void ForeignJson_IsNoAnswer() => Assert.False(Read(Recorded.Bytes("vertexai/unary-failure-invalid-response.json")).IsRecognised);

    [Fact]
    public void SafetyAfterText_IsFilteredButKept()
    {
        var answer = Write(Recorded.Bytes("googleai/unary-failure-finish-reason-safety.json"));

        Assert.Equal("content_filter", (string?)answer["choices"]![0]!["finish_reason"]);
        Assert.NotEmpty((string)answer["choices"]![0]!["message"]!["content"]!);
    }

    private static GenerateContentReply Read(byte[] json)
    {
        var reply = new GenerateContentReply();
        Assert.True(GenerateContentReader.TryRead(json, reply));
        return reply;
    }

    private static JsonNode Write(byte[] json)
    {
        var answer = Translated.Answer(json, """{"model":"gemini-\"é\"","messages":[{"role":"user","content":"q"}]}""");
        Assert.Equal(("chat.completion", "gemini-\"é\"", 1_700_000_000), ((string)answer["object"]!, (string)answer["model"]!, (long)answer["created"]!));
        Assert.StartsWith("chatcmpl-", (string)answer["id"]!, StringComparison.Ordinal);
        return answer;
    }

    private static long Count(JsonNode? usage, string name) => (long?)usage?[name] ?? 0;
}
