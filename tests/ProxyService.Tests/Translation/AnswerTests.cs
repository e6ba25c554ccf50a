using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.Translation.Responses;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>What answers become, whole and streamed.</summary>
public sealed class AnswerTests
{
    private const string Tools = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"1st-tool"}},{"type":"function","function":{"name":"sum"}}]}""";

    [Fact]
    public void G2_CallThenStopInALaterEvent_FinishesWithToolCalls()
    {
        var chunks = Translated.Stream(
            Translated.Event("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"sum","args":{"a":1}}}]}}]}""")
            + Translated.Event("""{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP"}]}"""), Tools);

        Assert.Equal("tool_calls", (string?)chunks[^1]["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public void G3_WholeAnswerWithACall_FinishesWithToolCalls()
    {
        var choice = Translated.Answer("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"_1st-tool","args":{"b": 2, "a": [1, 2]}}}]},"finishReason":"STOP"}]}""", Tools)["choices"]![0]!;

        Assert.Equal("tool_calls", (string?)choice["finish_reason"]);
        Assert.True(choice["message"]!.AsObject().ContainsKey("content") && choice["message"]!["content"] is null);
        Assert.Equal("""{"name":"1st-tool","arguments":"{\u0022b\u0022:2,\u0022a\u0022:[1,2]}"}""", choice["message"]!["tool_calls"]![0]!["function"]!.ToJsonString());
        Assert.StartsWith("call_", (string)choice["message"]!["tool_calls"]![0]!["id"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void G4_ParallelCallsOfOneFunction_HaveIdsAndIndexesOfTheirOwn()
    {
        const string Event = """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"sum","args":{"a":1}}},{"functionCall":{"name":"sum","args":{"a":2}}},{"functionCall":{"name":"sum","args":{"a":3}}}]},"finishReason":"STOP"}]}""";
        var calls = Calls(Translated.Stream(Translated.Event(Event), Tools));

        Assert.Equal([0, 1, 2], calls.Select(call => (int)call["index"]!));
        Assert.Equal(3, calls.Select(call => (string?)call["id"]).Distinct().Count());
        Assert.Equal(3, Translated.Answer(Event, Tools)["choices"]![0]!["message"]!["tool_calls"]!.AsArray().Select(call => (string?)call!["id"]).Distinct().Count());
    }

    [Fact]
    public void G5_CallsInEventsOfTheirOwn_CountOn() => Assert.Equal([0, 1], Calls(Translated.Stream(
        Translated.Event("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"sum","args":{}}}]}}]}""")
        + Translated.Event("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"sum","args":{}}}]},"finishReason":"STOP"}]}"""), Tools)).Select(call => (int)call["index"]!));

    [Fact]
    public void G6_TextsAndCallsInTurn_AreJoinedWithoutSeparator()
    {
        var message = Translated.Answer("""{"candidates":[{"content":{"parts":[{"text":"a"},{"functionCall":{"name":"sum","args":{}}},{"text":"b"},{"functionCall":{"name":"sum","args":{}}}]},"finishReason":"STOP"}]}""", Tools)["choices"]![0]!["message"]!;

        Assert.Equal(("ab", 2), ((string?)message["content"], message["tool_calls"]!.AsArray().Count));
    }

    [Fact]
    public void G7_ThoughtAndCallInOneEvent_AreBothDelivered()
    {
        var chunks = Translated.Stream(Translated.Event("""{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"functionCall":{"name":"sum","args":{}}}]},"finishReason":"STOP"}]}"""), Tools);

        Assert.Equal("hm", (string?)chunks[1]["choices"]![0]!["delta"]!["reasoning_content"]);
        Assert.Single(Calls(chunks));
    }

    [Theory]
    [InlineData("""{"name":"sum"}""", "{}")]
    [InlineData("""{"name":"sum","args":null}""", "{}")]
    [InlineData("""{"name":"sum","args":{}}""", "{}")]
    [InlineData("""{"name":"sum","args":{"original_title":"String","season":null}}""", """{"original_title":"String","season":null}""")]
    [InlineData("""{"name":"sum","args":{"n":9007199254740993,"f":1.50}}""", """{"n":9007199254740993,"f":1.50}""")]
    [InlineData("""{"name":"sum","args":{"q":"a \"b\" \\ c\n{ }","é":"ü"}}""", """{"q":"a \"b\" \\ c\n{ }","é":"ü"}""")]
    public void G8ToG10_Arguments_KeepEveryCharacter(string call, string arguments)
    {
        var answer = $$$"""{"candidates":[{"content":{"parts":[{"functionCall":{{{call}}}}]},"finishReason":"STOP"}]}""";

        Assert.Equal(arguments, (string?)Translated.Answer(answer, Tools)["choices"]![0]!["message"]!["tool_calls"]![0]!["function"]!["arguments"]);
        Assert.Equal(arguments, (string?)Assert.Single(Calls(Translated.Stream(Translated.Event(answer), Tools)))["function"]!["arguments"]);
    }

    [Fact]
    public void G73_IdOfGemini_IsTheClients_UnlessItComesTwice()
    {
        var calls = Translated.Answer("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"sum","id":"x1"}},{"functionCall":{"name":"sum","id":"x1"}}]},"finishReason":"STOP"}]}""", Tools)["choices"]![0]!["message"]!["tool_calls"]!.AsArray();

        Assert.Equal("x1", (string?)calls[0]!["id"]);
        Assert.NotEqual("x1", (string?)calls[1]!["id"]);
    }

    [Fact]
    public void ParallelCallsRefused_OnlyTheFirstIsPassedOn()
    {
        const string Event = """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"sum","args":{"a":1}},"thoughtSignature":"s"},{"functionCall":{"name":"sum","args":{"a":2}}}]},"finishReason":"STOP"}]}""";
        var request = Tools.Replace("\"tools\"", "\"parallel_tool_calls\":false,\"tools\"", StringComparison.Ordinal);

        Assert.Single(Calls(Translated.Stream(Translated.Event(Event), request)));
        Assert.Single(Translated.Answer(Event, request)["choices"]![0]!["message"]!["tool_calls"]!.AsArray());
    }

    [Fact]
    public void OlderFormOfFunctions_GetsTheOlderFormOfCalls()
    {
        const string Request = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"functions":[{"name":"sum"}]}""";
        const string Event = """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"sum","args":{"a":1}}}]},"finishReason":"STOP"}]}""";
        var whole = Translated.Answer(Event, Request)["choices"]![0]!;
        var chunks = Translated.Stream(Translated.Event(Event), Request);

        Assert.Equal(("function_call", "sum"), ((string?)whole["finish_reason"], (string?)whole["message"]!["function_call"]!["name"]));
        Assert.Equal("""{"a":1}""", (string?)chunks[1]["choices"]![0]!["delta"]!["function_call"]!["arguments"]);
        Assert.Equal("function_call", (string?)chunks[^1]["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public void G28_AllTokensThought_IsAnEmptyAnswerOfFullLength()
    {
        var answer = Translated.Answer("""{"candidates":[{"content":{"role":"model"},"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":4,"thoughtsTokenCount":16,"totalTokenCount":20}}""");

        Assert.Equal(("", "length", 16), ((string?)answer["choices"]![0]!["message"]!["content"], (string?)answer["choices"]![0]!["finish_reason"], (int)answer["usage"]!["completion_tokens_details"]!["reasoning_tokens"]!));
    }

    [Theory]
    [InlineData("MALFORMED_FUNCTION_CALL", "malformed_function_call")]
    [InlineData("UNEXPECTED_TOOL_CALL", "unexpected_tool_call")]
    [InlineData("TOO_MANY_TOOL_CALLS", "too_many_tool_calls")]
    [InlineData("MALFORMED_RESPONSE", "malformed_response")]
    [InlineData("MISSING_THOUGHT_SIGNATURE", "invalid_thought_signature")]
    [InlineData("NO_IMAGE", "empty_response")]
    public void G46_UselessEnd_IsNoAnswer(string reason, string code)
    {
        Translated.Stream(System.Text.Encoding.UTF8.GetBytes(Translated.Event($$$"""{"candidates":[{"content":{},"finishReason":"{{{reason}}}"}]}""")), Translated.PlainRequest, 4096, out var verdict);

        Assert.Equal(code, Assert.IsType<AnswerVerdict.Empty>(verdict).Code);
    }

    [Fact]
    public void G49_G50_EmptyPartsAndContents_MakeNoChunks()
    {
        var chunks = Translated.Stream(
            Translated.Event("""{"candidates":[{"content":{"role":"model"}}]}""")
            + Translated.Event("""{"candidates":[{"content":{"parts":[{"text":"a"},{},{"inlineData":{"mimeType":"image/png","data":"iVBOR"}}]},"finishReason":"STOP"}]}"""));

        Assert.Equal(4, chunks.Count);
        Assert.Equal("data:image/png;base64,iVBOR", (string?)chunks[2]["choices"]![0]!["delta"]!["images"]![0]!["image_url"]!["url"]);
    }

    [Fact]
    public void G74_LineFeedAlone_IsKept() => Assert.Equal("a\n", (string?)Translated.Answer("""{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"\n"}]},"finishReason":"STOP"}]}""")["choices"]![0]!["message"]!["content"]);

    [Fact]
    public void Speech_IsAWaveFileWhenAskedFor()
    {
        const string Request = """{"model":"gemini-2.5-flash-preview-tts","messages":[{"role":"user","content":"q"}],"modalities":["audio"],"audio":{"voice":"alloy","format":"wav"}}""";
        var audio = Translated.Answer("""{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16;codec=pcm;rate=16000","data":"AAEC"}},{"inlineData":{"mimeType":"audio/L16;codec=pcm;rate=16000","data":"AwQF"}}]},"finishReason":"STOP"}]}""", Request)["choices"]![0]!["message"]!["audio"]!;
        var bytes = Convert.FromBase64String((string)audio["data"]!);

        Assert.Equal("RIFF", System.Text.Encoding.ASCII.GetString(bytes, 0, 4));
        Assert.Equal(16000, BitConverter.ToInt32(bytes, 24));
        Assert.Equal([0, 1, 2, 3, 4, 5], bytes[44..]);
    }

    [Fact]
    public void Code_IsShownInFences()
    {
        var content = (string)Translated.Answer(Recorded.Bytes("googleai/unary-success-code-execution.json"))["choices"]![0]!["message"]!["content"]!;

        Assert.Contains("```python\n", content, StringComparison.Ordinal);
        Assert.Contains("```output\n", content, StringComparison.Ordinal);
    }

    [Fact]
    public void G54_Grounding_CountsCharactersNotBytes()
    {
        var message = Translated.Answer(Recorded.Bytes("googleai/unary-success-google-search-grounding.json"))["choices"]![0]!["message"]!;
        var segments = JsonNode.Parse(Recorded.Bytes("googleai/unary-success-google-search-grounding.json"))!["candidates"]![0]!["groundingMetadata"]!["groundingSupports"]!.AsArray().Select(support => (string)support!["segment"]!["text"]!).ToList();
        var content = (string)message["content"]!;

        var annotations = message["annotations"]!.AsArray().Select(annotation => annotation!["url_citation"]!).ToList();
        Assert.NotEmpty(annotations);
        Assert.All(annotations, citation => Assert.Contains(content[(int)citation["start_index"]!..(int)citation["end_index"]!], segments));
    }

    [Theory]
    [InlineData("vertexai/unary-success-url-context-mixed-validity.json")]
    [InlineData("googleai/unary-success-url-context.json")]
    [InlineData("googleai/unary-success-citations.json")]
    [InlineData("vertexai/unary-success-google-maps-grounding.json")]
    public void G55_IndicesThatFitNothing_AreLeftOut(string name)
    {
        var message = Translated.Answer(Recorded.Bytes(name))["choices"]![0]!["message"]!;
        var length = ((string)message["content"]!).EnumerateRunes().Count();

        Assert.All(message["annotations"]?.AsArray() ?? [], annotation => Assert.InRange((int)annotation!["url_citation"]!["end_index"]!, 1, length));
    }

    [Theory]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"abc"}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"http://x","title":"\ud800"}}],"groundingSupports":[{"segment":{"endIndex":3},"groundingChunkIndices":[0]}]}}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"a\udc00c"}]},"finishReason":"STOP","citationMetadata":{"citationSources":[{"uri":"http://x"}]}}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"text":"abc"}]},"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"\ud800"}]}}]}""")]
    [InlineData("""{"candidates":[{"content":{"parts":[{"functionCall":{"id":"\ud800","name":"_\ud800"},"thoughtSignature":"\ud800"}]},"finishReason":"STOP"}]}""")]
    public void HalfCharacters_DoNoHarm(string answer)
    {
        var whole = Translated.Answer(answer)["choices"]![0]!;
        var streamed = Translated.Stream(Translated.Event(answer));

        Assert.Null(whole["message"]!["annotations"]);
        Assert.NotNull(whole["finish_reason"]);
        Assert.NotNull(streamed[^1]["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public void SignedCallWithoutAName_IsNoCall_AndKeepsItsSignature()
    {
        const string answer = """{"candidates":[{"content":{"parts":[{"text":"a"},{"functionCall":{"args":{}},"thoughtSignature":"sig"}]},"finishReason":"STOP"}]}""";

        Assert.Equal("""{"role":"assistant","content":"a","refusal":null,"extra_content":{"google":{"thought_signature":"sig"}}}""", Translated.Answer(answer)["choices"]![0]!["message"]!.ToJsonString());
        Assert.Equal("stop", (string?)Translated.Stream(Translated.Event(answer))[^1]["choices"]![0]!["finish_reason"]);
    }

    [Fact]
    public void Annotations_ComeWithTheFinishOfAStream()
    {
        var chunks = Translated.Stream(
            Translated.Event("""{"candidates":[{"content":{"parts":[{"text":"20 ° is "}]}}]}""")
            + Translated.Event("""{"candidates":[{"content":{"parts":[{"text":"warm."}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.test","title":"A"}}],"groundingSupports":[{"segment":{"startIndex":9,"endIndex":14,"text":"warm."},"groundingChunkIndices":[0,7]}]}}]}"""));

        Assert.Equal("""[{"type":"url_citation","url_citation":{"start_index":8,"end_index":13,"url":"https://a.test","title":"A"}}]""", chunks[^1]["choices"]![0]!["delta"]!["annotations"]!.ToJsonString());
    }

    [Fact]
    public void LogProbabilities_AreTranslated()
    {
        var choice = Translated.Answer("""{"candidates":[{"content":{"parts":[{"text":"é"}]},"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"é","logProbability":-0.25}],"topCandidates":[{"candidates":[{"token":"é","logProbability":-0.25},{"token":"e","logProbability":-2}]}]}}]}""")["choices"]![0]!;

        Assert.Equal("""{"content":[{"token":"\u00E9","logprob":-0.25,"bytes":[195,169],"top_logprobs":[{"token":"\u00E9","logprob":-0.25,"bytes":[195,169]},{"token":"e","logprob":-2,"bytes":[101]}]}],"refusal":null}""", choice["logprobs"]!.ToJsonString());
    }

    [Fact]
    public void Metadata_IsPassedOnWhenAskedFor()
    {
        const string Request = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"google":{"include_metadata":true}}""";

        Assert.NotNull(Translated.Answer(Recorded.Bytes("googleai/unary-success-google-search-grounding.json"), Request)["choices"]![0]!["google"]!["grounding_metadata"]!["searchEntryPoint"]);
        Assert.Null(Translated.Answer(Recorded.Bytes("googleai/unary-success-google-search-grounding.json"))["choices"]![0]!["google"]);
    }

    private static List<JsonNode> Calls(List<JsonNode> chunks) => [.. chunks.SelectMany(chunk => chunk["choices"]!.AsArray()).SelectMany(choice => choice!["delta"]!["tool_calls"]?.AsArray() ?? []).Select(call => call!)];
}
