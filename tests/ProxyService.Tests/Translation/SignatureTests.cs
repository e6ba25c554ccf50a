using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Translation.Requests;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class SignatureTests
{
    private const string Unchecked = "skip_thought_signature_validator";

    [Fact]
    public void G17_Gemini3WithoutSignatures_FirstCallOfEachStepOfTheTurnIsExcused()
    {
        var calls = Calls(Translated.Request(Conversation("gemini-3-flash-preview", Step("a", "b"), Step("c"))));

        Assert.Equal([Unchecked, null, Unchecked], calls);
    }

    [Fact]
    public void EarlierTurns_AreNotExcused()
    {
        var written = Translated.Request(Conversation("gemini-3-flash-preview", Step("a"), """{"role":"assistant","content":"done"},{"role":"user","content":"again"}""", Step("b")));

        Assert.Equal([null, Unchecked], Calls(written));
    }

    [Fact]
    public void OlderModels_NeedNoExcuse() => Assert.Equal([null], Calls(Translated.Request(Conversation("gemini-2.5-flash", Step("a")))));

    [Fact]
    public void G18_SignatureOnTheFirstOfParallelCalls_IsNotCopiedToTheSecond() =>
        Assert.Equal(["sig", null], Calls(Translated.Request(Conversation("gemini-3-flash-preview", Step(true, "a", "b")))));

    [Theory]
    [InlineData("""{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"sig"}}}""")]
    [InlineData("""{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"vertex":{"thought_signature":"sig"}}}""")]
    [InlineData("""{"id":"c","type":"function","function":{"name":"f","arguments":"{}","thought_signature":"sig"}}""")]
    [InlineData("""{"id":"c","type":"function","function":{"name":"f","arguments":"{}","provider_specific_fields":{"thought_signature":"sig"}}}""")]
    [InlineData("""{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"provider_specific_fields":{"thought_signature":"sig"}}""")]
    [InlineData("""{"id":"c__thought__sig","type":"function","function":{"name":"f","arguments":"{}"}}""")]
    public void Signature_IsFoundWhereverAClientKeepsIt(string call)
    {
        var id = (string)JsonNode.Parse(call)!["id"]!;
        var written = Translated.Request(Conversation("gemini-3-flash-preview", $$"""{"role":"assistant","content":null,"tool_calls":[{{call}}]},{"role":"tool","tool_call_id":"{{id}}","content":"1"}"""));

        Assert.Equal(["sig"], Calls(written));
        Assert.Equal("c", (string?)written["contents"]![1]!["parts"]![0]!["functionCall"]!["id"]);
        Assert.Equal("c", (string?)written["contents"]![2]!["parts"]![0]!["functionResponse"]!["id"]);
    }

    [Fact]
    public void SignatureOfAnAnswerWithoutCalls_GoesBackOnItsLastPart()
    {
        var written = Translated.Request("""{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"q"},{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"extra_content":{"google":{"thought_signature":"sig"}}},{"role":"user","content":"r"}]}""");

        Assert.Equal("""[{"text":"a"},{"text":"b","thoughtSignature":"sig"}]""", written["contents"]![1]!["parts"]!.ToJsonString());
    }

    [Fact]
    public void G20_RefusedSignatures_AreAllReplaced()
    {
        var written = Translated.Request(Conversation("gemini-3-flash-preview", Step(true, "a", "b")), new TranslationOptions { ReplaceSignatures = true });

        Assert.Equal([Unchecked, null], Calls(written));
    }

    [Fact]
    public void G19_SignatureAlone_IsKeptAndMakesNoContent()
    {
        var chunks = Translated.Stream(Translated.Event("""{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}""") + Translated.Event("""{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"sig"}]},"finishReason":"STOP"}]}"""));

        Assert.Equal(3, chunks.Count);
        Assert.Equal("""{"extra_content":{"google":{"thought_signature":"sig"}}}""", chunks[^1]["choices"]![0]!["delta"]!.ToJsonString());
    }

    [Fact]
    public void SignedCall_TellsItsSignatureToTheClientAndToTheStore()
    {
        var answer = Translated.Answer(Recorded.Bytes("googleai/unary-success-thinking-function-call-thought-summary-signature.json"), Translated.PlainRequest, out var signed);

        var call = answer["choices"]![0]!["message"]!["tool_calls"]![0]!;
        var kept = Assert.Single(signed);
        Assert.Equal((string?)call["id"], kept.CallId);
        Assert.Equal((string?)call["extra_content"]!["google"]!["thought_signature"], kept.Signature);
        Assert.False(string.IsNullOrEmpty(kept.Signature));
    }

    private static IEnumerable<string?> Calls(JsonNode written) =>
        written["contents"]!.AsArray().SelectMany(content => content!["parts"]!.AsArray()).Where(part => part!["functionCall"] is not null).Select(part => (string?)part!["thoughtSignature"]);

    private static string Conversation(string model, params string[] messages) => $$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"},{{string.Join(',', messages)}}]}""";

    private static string Step(params string[] ids) => Step(false, ids);

    private static string Step(bool signed, params string[] ids)
    {
        var calls = ids.Select((id, i) => $$"""{"id":"{{id}}","type":"function","function":{"name":"f","arguments":"{}"}{{(signed && i == 0 ? ",\"extra_content\":{\"google\":{\"thought_signature\":\"sig\"}}" : "")}}}""");
        return $$"""{"role":"assistant","content":null,"tool_calls":[{{string.Join(',', calls)}}]},{{string.Join(',', ids.Select(id => $$"""{"role":"tool","tool_call_id":"{{id}}","content":"1"}"""))}}""";
    }
}
