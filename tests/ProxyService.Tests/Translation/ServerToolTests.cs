using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Signatures;
using GeminiBalance.ProxyService.Tests.Signatures;
using GeminiBalance.ProxyService.Translation.Requests;
using GeminiBalance.ProxyService.Translation.Responses;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>What Google's own tools did beside functions goes back to the model as it came: through the client, or past it.</summary>
public sealed class ServerToolTests
{
    private const string Model = "gemini-3-flash-preview";
    private const string Tools = """
        "tools":[{"type":"function","function":{"name":"f"}},{"type":"web_search"}]
        """;
    private const string ToolCall = """{"toolCall":{"toolType":"GOOGLE_SEARCH","id":"s1","args":{"queries":["a \u00b0 b"]}},"thoughtSignature":"of-the-search"}""";
    private const string ToolResponse = """{"toolResponse":{"toolType":"GOOGLE_SEARCH","id":"s1","response":{"n":1.50}}}""";
    private const string FunctionCall = """{"functionCall":{"name":"f","args":{},"id":"c1"},"thoughtSignature":"sig"}""";

    private static readonly Guid Owner = Guid.CreateVersion7();
    private static readonly string Request = $$"""{"model":"{{Model}}","messages":[{"role":"user","content":"q"}],{{Tools}}}""";

    [Fact]
    public void Answer_TellsThemToTheClient_AndShowsNothingOfThem()
    {
        var message = Translated.Answer(Encoding.UTF8.GetBytes(Whole(ToolCall, ToolResponse.Replace(",", ",\n  ", StringComparison.Ordinal), FunctionCall)), Request)["choices"]![0]!["message"]!;

        Assert.Null(message["content"]);
        Assert.Equal($"[{ToolCall},{ToolResponse}]", Plain(message["extra_content"]!["google"]!["tool_parts"]!));
        Assert.Equal("sig", (string?)message["tool_calls"]![0]!["extra_content"]!["google"]!["thought_signature"]);
    }

    [Fact]
    public void Stream_TellsThemInItsLastChunk()
    {
        var chunks = Translated.Stream(Translated.Event(Part(ToolCall)) + Translated.Event(Part(ToolResponse)) + Translated.Event(Whole(FunctionCall)), Request);

        Assert.Equal(3, chunks.Count);
        Assert.Equal($$$$"""{"extra_content":{"google":{"tool_parts":[{{{{ToolCall}}}},{{{{ToolResponse}}}}]}}}""", Plain(chunks[^1]["choices"]![0]!["delta"]!));
    }

    [Fact]
    public void Client_ThatKeepsThem_SendsThemBackVerbatim_BeforeTheCall()
    {
        var answer = Translated.Answer(Encoding.UTF8.GetBytes(Whole(ToolCall, ToolResponse, FunctionCall)), Request)["choices"]![0]!["message"]!;

        Assert.Equal($"[{ToolCall},{ToolResponse},{Sent("sig")}]", ModelTurn(Translated.Request(Next(answer))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Client_ThatDropsThem_GetsThemFromTheGateway(bool streamed)
    {
        using var store = new ThoughtSignatures(new SignatureShareStub());
        Remember(store, streamed);
        var body = Next(JsonNode.Parse("""{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}""")!);

        Assert.Equal($"[{ToolCall},{ToolResponse},{Sent("sig")}]", ModelTurn(await RestoredAsync(store, body)));
    }

    [Fact]
    public void WordsOfTheClient_AreNotShared()
    {
        var share = new SignatureShareStub();
        using var store = new ThoughtSignatures(share);

        Remember(store, streamed: false);
        Remember(store, streamed: true);

        Assert.Equal(new KnownSignature("sig", ModelProfiles.Default.For(Model).Prefix), Assert.Single(share.Kept).Value);
    }

    [Fact]
    public void CallWithoutASignatureOfItsOwn_IsNotExcused_WhenTheStepIsWhole()
    {
        var unsigned = FunctionCall.Replace(",\"thoughtSignature\":\"sig\"", "", StringComparison.Ordinal);
        var answer = Translated.Answer(Encoding.UTF8.GetBytes(Whole(ToolCall, ToolResponse, unsigned)), Request)["choices"]![0]!["message"]!;

        Assert.Equal($"[{ToolCall},{ToolResponse},{Sent(null)}]", ModelTurn(Translated.Request(Next(answer))));
    }

    [Fact]
    public void OlderModels_RepairedSignatures_AndRequestsWithoutThoseTools_SendNone()
    {
        var next = Next(Translated.Answer(Encoding.UTF8.GetBytes(Whole(ToolCall, ToolResponse, FunctionCall)), Request)["choices"]![0]!["message"]!);

        Assert.DoesNotContain("toolCall", Translated.Request(next.Replace(Model, "gemini-2.5-flash", StringComparison.Ordinal)).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("toolCall", Translated.Request(next, new TranslationOptions { ReplaceSignatures = true }).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("toolCall", Translated.Request(next.Replace(""",{"type":"web_search"}""", "", StringComparison.Ordinal)).ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"functionCall":{"name":"x"}}]""")]
    [InlineData("""[{"toolCall":{}},7]""")]
    [InlineData("""{"toolCall":{}}""")]
    [InlineData("[]")]
    public void AnythingElseInTheirPlace_IsNotPassedOn(string parts)
    {
        var answer = JsonNode.Parse($$$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}],"extra_content":{"google":{"tool_parts":{{{{parts}}}}}}}""")!;

        Assert.Equal($"[{Sent("skip_thought_signature_validator")}]", ModelTurn(Translated.Request(Next(answer))));
    }

    [Fact]
    public void TooMuchOfThem_IsGivenUpWhole()
    {
        var large = ToolResponse.Replace("1.50", "\"" + new string('x', PartJson.LongestServerTools) + "\"", StringComparison.Ordinal);

        Assert.Null(Translated.Answer(Encoding.UTF8.GetBytes(Whole(ToolCall, large, FunctionCall)), Request)["choices"]![0]!["message"]!["extra_content"]);
        Assert.Equal("{}", Plain(Translated.Stream(Translated.Event(Part(ToolCall)) + Translated.Event(Part(large)) + Translated.Event(Part(ToolResponse)) + Translated.Event(Whole(FunctionCall)), Request)[^1]["choices"]![0]!["delta"]!));
    }

    private static void Remember(ThoughtSignatures store, bool streamed)
    {
        if (streamed)
        {
            Translated.Stream(Encoding.UTF8.GetBytes(Translated.Event(Part(ToolCall)) + Translated.Event(Part(ToolResponse)) + Translated.Event(Whole(FunctionCall))), Request, out var signed);
            store.Remember(Owner, signed, ModelProfiles.Default.For(Model).Prefix);
            return;
        }

        Translated.Answer(Encoding.UTF8.GetBytes(Whole(ToolCall, ToolResponse, FunctionCall)), Request, out var whole);
        store.Remember(Owner, whole, ModelProfiles.Default.For(Model).Prefix);
    }

    private static async Task<JsonNode> RestoredAsync(ThoughtSignatures store, string body)
    {
        var request = Translated.Read(body);
        await store.RestoreAsync(Owner, request, Encoding.UTF8.GetBytes(body), ModelProfiles.Default.For(Model));
        return Translated.Request(request, body);
    }

    private static string Part(string part) => $$$"""{"candidates":[{"content":{"parts":[{{{part}}}]}}]}""";

    private static string Whole(params string[] parts) => $$$"""{"candidates":[{"content":{"parts":[{{{string.Join(',', parts)}}}]},"finishReason":"STOP"}]}""";

    private static string Next(JsonNode answer) =>
        $$"""{"model":"{{Model}}","messages":[{"role":"user","content":"q"},{{answer.ToJsonString()}},{"role":"tool","tool_call_id":"c1","content":"1"}],{{Tools}}}""";

    private static string Sent(string? signature) => """{"functionCall":{"id":"c1","name":"f","args":{}}""" + (signature is null ? "}" : $$""","thoughtSignature":"{{signature}}"}""");

    private static string ModelTurn(JsonNode written) => Plain(written["contents"]![1]!["parts"]!);

    /// <summary>As it stands but for the way characters are escaped, which the test's own reading changes.</summary>
    private static string Plain(JsonNode node) => node.ToJsonString().Replace("\\u00B0", "\\u00b0", StringComparison.Ordinal);
}
