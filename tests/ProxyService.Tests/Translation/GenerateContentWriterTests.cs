using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class GenerateContentWriterTests
{
    [Fact]
    public void Conversation_KeepsRolesOrderAndTexts() => Same(
        """{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"s1"},{"role":"user","content":"h\u00e9llo 😀 \"q\""},{"role":"assistant","content":"a1"},{"role":"assistant","content":"a2"},{"role":"developer","content":"s2"},{"role":"user","content":[{"type":"text","text":"x"},{"type":"text","text":"y"}]}]}""",
        """{"systemInstruction":{"parts":[{"text":"s1"},{"text":"s2"}]},"contents":[{"role":"user","parts":[{"text":"héllo 😀 \"q\""}]},{"role":"model","parts":[{"text":"a1"},{"text":"a2"}]},{"role":"user","parts":[{"text":"x"},{"text":"y"}]}],"generationConfig":{}}""");

    [Fact]
    public void Options_AreMapped() => Same(
        """{"model":"gemini-2.0-flash","messages":[{"role":"user","content":"q"}],"temperature":0,"top_p":0.9,"top_k":3,"max_tokens":16,"seed":3000000000,"stop":["END","\n"],"presence_penalty":2,"frequency_penalty":0}""",
        """{"contents":[{"role":"user","parts":[{"text":"q"}]}],"generationConfig":{"temperature":0,"topP":0.9,"topK":3,"presencePenalty":1.99,"maxOutputTokens":16,"seed":852516352,"stopSequences":["END","\n"]}}""",
        warnings: 2);

    [Fact]
    public void SystemMessagesOnly_TheLastBecomesTheUsers() => Same(
        """{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"a"},{"role":"system","content":"b"}]}""",
        """{"systemInstruction":{"parts":[{"text":"a"}]},"contents":[{"role":"user","parts":[{"text":"b"}]}],"generationConfig":{}}""");

    [Fact]
    public void ModelWithoutSystemInstruction_GetsItBeforeTheFirstUserText() => Same(
        """{"model":"gemma-3-27b-it","messages":[{"role":"system","content":"a"},{"role":"user","content":"b"}]}""",
        """{"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}],"generationConfig":{}}""");

    [Fact]
    public void ModelWithoutSystemInstruction_SystemMessagesOnly_LosesNone() => Same(
        """{"model":"gemma-3-27b-it","messages":[{"role":"system","content":"a"},{"role":"system","content":"b"}]}""",
        """{"contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"}]}],"generationConfig":{}}""");

    [Fact]
    public void ConversationBegunByTheModel_GetsAUserTurnBefore() => Same(
        """{"model":"gemini-2.5-flash","messages":[{"role":"assistant","content":"a"},{"role":"user","content":"b"}]}""",
        """{"contents":[{"role":"user","parts":[{"text":" "}]},{"role":"model","parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"b"}]}],"generationConfig":{}}""");

    [Fact]
    public void ModelTurnLast_OnAModelThatRefusesIt_IsContinuedByTheUser() => Same(
        """{"model":"gemini-3.8-flash","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""",
        """{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]},{"role":"user","parts":[{"text":"Continue."}]}],"generationConfig":{}}""",
        warnings: 1);

    [Fact]
    public void SamplingAndPenalties_OnAModelWithoutThem_AreLeftOutWithAWarning() => Same(
        """{"model":"gemini-4-neon","messages":[{"role":"user","content":"a"}],"temperature":1,"presence_penalty":0.5}""",
        """{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{}}""",
        warnings: 2);

    [Theory]
    [InlineData("gemini-2.5-pro", "none", """{"thinkingBudget":128,"includeThoughts":false}""")]
    [InlineData("gemini-2.5-flash", "none", """{"thinkingBudget":0,"includeThoughts":false}""")]
    [InlineData("gemini-2.5-flash", "low", """{"thinkingBudget":1024,"includeThoughts":true}""")]
    [InlineData("gemini-2.5-pro", "xhigh", """{"thinkingBudget":32768,"includeThoughts":true}""")]
    [InlineData("gemini-3-pro-preview", "medium", """{"thinkingLevel":"HIGH","includeThoughts":true}""")]
    [InlineData("gemini-3-flash-preview", "minimal", """{"thinkingLevel":"MINIMAL","includeThoughts":true}""")]
    [InlineData("gemini-3.8-flash", "minimal", """{"thinkingLevel":"LOW","includeThoughts":true}""")]
    [InlineData("gemini-4-neon", "xhigh", """{"thinkingLevel":"XHIGH","includeThoughts":true}""")]
    [InlineData("gemini-9-unheard-of", "xhigh", """{"thinkingLevel":"HIGH","includeThoughts":true}""")]
    [InlineData("gemini-2.0-flash", "high", null)]
    public void ReasoningEffort_BecomesWhatTheFamilyUnderstands(string model, string effort, string? thinking)
    {
        var written = Write($$"""{"model":"{{model}}","messages":[{"role":"user","content":"a"}],"reasoning_effort":"{{effort}}"}""", out _);

        Assert.Equal(thinking, written["generationConfig"]!["thinkingConfig"]?.ToJsonString());
    }

    [Theory]
    [InlineData("gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("models/gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("google/gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("models/../x", null)]
    [InlineData("..", null)]
    [InlineData("a..b", null)]
    [InlineData("a/b", null)]
    [InlineData("a:generateContent", null)]
    [InlineData("a?b", null)]
    [InlineData("a%2fb", null)]
    [InlineData("", null)]
    [InlineData(" ", null)]
    public void ModelName_ThatCouldLeaveThePath_IsNone(string text, string? name) => Assert.Equal(name, ModelName.Parse(text));

    private static void Same(string openAi, string gemini, int warnings = 0)
    {
        var written = Write(openAi, out var request);

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(gemini), written), written.ToJsonString());
        Assert.Equal(warnings, request.Warnings.Count);
    }

    private static JsonNode Write(string openAi, out ChatRequest request)
    {
        var body = Encoding.UTF8.GetBytes(openAi);
        request = ChatRequestReader.Read(body, out var error)!;
        Assert.Null(error);
        using var target = new PooledBuffer();
        GenerateContentWriter.Write(request, body, ModelProfiles.Default.For(request.Model), TranslationOptions.Plain, target);
        return JsonNode.Parse(target.WrittenSpan)!;
    }
}
