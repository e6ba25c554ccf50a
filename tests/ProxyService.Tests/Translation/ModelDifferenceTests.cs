using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Where families of models differ: what one takes in its place, another takes elsewhere or not at all.</summary>
public sealed class ModelDifferenceTests
{
    private const string Png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    [Fact]
    public void OperatorsText_OnAModelWithoutInstruction_GoesBeforeTheUsers()
    {
        var written = Translated.Request(
            """{"model":"gemma-3-27b-it","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}""",
            new TranslationOptions { SystemText = "operator" });

        Assert.Null(written["systemInstruction"]);
        Assert.Equal(["operator", "s", "a"], Texts(written["contents"]![0]!));
    }

    [Fact]
    public void OperatorsText_WithoutSystemMessages_IsTheInstruction()
    {
        var written = Translated.Request(Translated.PlainRequest, new TranslationOptions { SystemText = "operator" });

        Assert.Equal(["operator"], Texts(written["systemInstruction"]!));
        Assert.Equal(["q"], Texts(written["contents"]![0]!));
    }

    [Fact]
    public void JsonInWords_WhenTheInstructionWasRefused_GoesBeforeTheUsersText()
    {
        var written = Translated.Request(
            """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f"}}],"response_format":{"type":"json_object"}}""",
            new TranslationOptions { Learned = LearnedLimits.SystemInstruction });

        Assert.Null(written["systemInstruction"]);
        Assert.Contains("JSON", Texts(written["contents"]![0]!)[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LearnedLimits.None, "MEDIA_RESOLUTION_LOW")]
    [InlineData(LearnedLimits.MediaResolution, null)]
    public void Detail_OnGemini3_IsTheImagesOwn_UntilItWasRefused(object learned, string? level)
    {
        var written = Translated.Request($$"""{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":[{{Image("low")}}]}]}""", new TranslationOptions { Learned = (LearnedLimits)learned });

        Assert.Equal(level, (string?)written["contents"]![0]!["parts"]![0]!["mediaResolution"]?["level"]);
    }

    [Fact]
    public void Detail_OfAnImageInAToolsResult_IsNotSaid()
    {
        var written = Translated.Request($$$"""
            {"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"q"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"c","content":[{{{Image("high")}}}]}]}
            """);

        var part = written["contents"]![2]!["parts"]![0]!["functionResponse"]!["parts"]![0]!.AsObject();
        Assert.Equal(["inlineData"], part.Select(member => member.Key));
    }

    [Theory]
    [InlineData("low", "low", "MEDIA_RESOLUTION_LOW", 0)]
    [InlineData("low", "high", null, 1)]
    [InlineData("auto", "auto", null, 0)]
    public void Detail_OnOlderModels_IsSaidWhenAllImagesAgree(string one, string other, string? level, int warnings)
    {
        const string audio = """{"type":"input_audio","input_audio":{"format":"wav","data":"UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="}}""";
        var written = Translated.Request($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{{Image(one)}},{{audio}},{{Image(other)}}]}]}""", out var request);

        Assert.Equal(level, (string?)written["generationConfig"]!["mediaResolution"]);
        Assert.Equal(warnings, request.Warnings.Count);
    }

    [Theory]
    [InlineData("\"seed\":3000000000", "seed was changed to 852516352: the model's has 31 bits")]
    [InlineData("\"seed\":-1", "seed was changed to 2147483647: the model's has 31 bits")]
    [InlineData("\"presence_penalty\":2", "presence_penalty was lowered to 1.99, the most the model takes")]
    [InlineData("\"top_p\":0", "top_p 0 was left out: the model takes more than 0 only")]
    [InlineData("\"seed\":7,\"frequency_penalty\":1.5,\"top_p\":0.5", null)]
    public void Value_TheModelDoesNotTake_IsChangedAndTold(string option, string? warning)
    {
        Translated.Request($$"""{"model":"gemini-2.0-flash","messages":[{"role":"user","content":"q"}],{{option}}}""", out var request);

        Assert.Equal(warning is null ? [] : [warning], request.Warnings);
    }

    [Fact]
    public void Thoughts_AreNeverAskedForWhereThinkingIsOff()
    {
        var written = Translated.Request("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"google":{"thinking_config":{"thinking_budget":0,"include_thoughts":true}}}""");

        Assert.Equal("""{"thinkingBudget":0,"includeThoughts":false}""", written["generationConfig"]!["thinkingConfig"]!.ToJsonString());
    }

    [Fact]
    public void BudgetOfTheGateway_OnAModelWithLevels_IsChangedWithoutTellingTheClient()
    {
        var written = Translated.Request(Translated.PlainRequest.Replace("2.5-flash", "4-neon", StringComparison.Ordinal), out var request, new TranslationOptions { ThinkingBudget = 8192 });

        Assert.Equal("MEDIUM", (string?)written["generationConfig"]!["thinkingConfig"]!["thinkingLevel"]);
        Assert.Empty(request.Warnings);
    }

    [Theory]
    [InlineData("\"reasoning_effort\":\"high\"", 1)]
    [InlineData("\"reasoning_effort\":\"none\"", 0)]
    [InlineData("\"google\":{\"thinking_config\":{\"thinking_budget\":100,\"thinking_level\":null}}", 1)]
    public void Thinking_OnAModelThatCannotBeSteered_IsLeftOut(string option, int warnings)
    {
        var written = Translated.Request($$"""{"model":"gemini-2.0-flash","messages":[{"role":"user","content":"q"}],{{option}}}""", out var request);

        Assert.Null(written["generationConfig"]!["thinkingConfig"]);
        Assert.Equal(warnings, request.Warnings.Count);
    }

    [Theory]
    [InlineData("\"reasoning\":{\"effort\":\"high\"},\"reasoning_effort\":null")]
    [InlineData("\"reasoning_effort\":\"high\",\"reasoning\":{\"effort\":\"low\"}")]
    [InlineData("\"reasoning_effort\":\"high\",\"reasoning\":null")]
    public void Effort_InBothForms_TheNewerOneWinsWhenItSaysSomething(string options)
    {
        var request = Translated.Read($$"""{"model":"m","messages":[{"role":"user","content":"q"}],{{options}},"stream":true,"max_tokens":5}""");

        Assert.Equal(((ReasoningEffort?)ReasoningEffort.High, true, (int?)5), (request.Effort, request.Stream, request.MaxTokens));
    }

    [Theory]
    [InlineData("""{"max_tokens":2000}""", """{"thinkingBudget":2000,"includeThoughts":true}""", 0)]
    [InlineData("""{"max_tokens":2000,"exclude":true}""", """{"thinkingBudget":2000,"includeThoughts":false}""", 0)]
    [InlineData("""{"max_tokens":0}""", """{"thinkingBudget":0}""", 0)]
    [InlineData("""{"max_tokens":2000,"effort":"low"}""", """{"thinkingBudget":1024,"includeThoughts":true}""", 1)]
    [InlineData("""{"enabled":false}""", """{"thinkingBudget":0,"includeThoughts":false}""", 0)]
    [InlineData("""{"enabled":true}""", """{"includeThoughts":true}""", 0)]
    [InlineData("""{"exclude":true}""", """{"includeThoughts":false}""", 0)]
    [InlineData("""{"effort":"low","exclude":true}""", """{"thinkingBudget":1024,"includeThoughts":false}""", 0)]
    [InlineData("""{"effort":null,"max_tokens":null,"enabled":null,"exclude":null}""", null, 0)]
    [InlineData("""{"summary":"auto"}""", null, 1)]
    public void Reasoning_SaysHowMuchIsThoughtAndShown(string reasoning, string? thinking, int warnings)
    {
        var written = Translated.Request($$"""{"reasoning":{{reasoning}},"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}""", out var request);

        Assert.Equal(thinking, written["generationConfig"]!["thinkingConfig"]?.ToJsonString());
        Assert.Equal(warnings, request.Warnings.Count);
    }

    [Theory]
    [InlineData("""{"max_tokens":-1}""", "reasoning.max_tokens")]
    [InlineData("""{"max_tokens":"1"}""", "reasoning.max_tokens")]
    [InlineData("""{"enabled":"no"}""", "reasoning.enabled")]
    [InlineData("""{"effort":1}""", "reasoning.effort")]
    [InlineData("[]", "reasoning")]
    public void Reasoning_Malformed_IsRefusedByPath(string reasoning, string param) =>
        Assert.Equal(param, Translated.Refusal($$"""{"model":"m","messages":[{"role":"user","content":"q"}],"reasoning":{{reasoning}}}""").Param);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void TopK_WithoutALimit_IsLeftOut(int value)
    {
        var written = Translated.Request($$"""{"model":"gemini-2.0-flash","messages":[{"role":"user","content":"q"}],"top_k":{{value}}}""", out var request);

        Assert.Null(written["generationConfig"]!["topK"]);
        Assert.Contains("top_k", Assert.Single(request.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void SchemaOfAJsonObject_IsUsed()
    {
        var written = Translated.Request("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"response_format":{"type":"json_object","schema":{"type":"object","properties":{"a":{"type":"string"}}}}}""");

        Assert.Equal("""{"type":"object","properties":{"a":{"type":"string"}}}""", written["generationConfig"]!["responseJsonSchema"]!.ToJsonString());
        Assert.Equal("response_format.schema", Translated.Refusal("""{"model":"m","messages":[{"role":"user","content":"q"}],"response_format":{"type":"json_object","schema":1}}""").Param);
    }

    [Fact]
    public void JsonInWords_KeepsTheSchemasLetters()
    {
        var written = Translated.Request("""
            {"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f"}}],
             "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"größe":{"type":"string","enum":["大","<1"]}}}}}}
            """);

        Assert.EndsWith("""{"type":"object","properties":{"größe":{"type":"string","enum":["大","<1"]}}}""", Texts(written["systemInstruction"]!)[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wav", "true", true)]
    [InlineData("pcm16", "true", false)]
    [InlineData("wav", "false", false)]
    public void Speech_IsStreamedWithoutAHeadOnly(string format, string stream, bool refused)
    {
        var request = $$$"""{"model":"gemini-2.5-flash-preview-tts","messages":[{"role":"user","content":"q"}],"modalities":["audio"],"audio":{"voice":"alloy","format":"{{{format}}}"},"stream":{{{stream}}}}""";
        if (refused)
        {
            var error = Translated.Refusal(request);
            Assert.Equal((400, "unsupported_value", "audio.format"), (error.Status, error.Code, error.Param));
        }
        else
        {
            Assert.NotNull(Translated.Request(request));
        }
    }

    [Fact]
    public void ModelThatSpeaks_SpeaksUnasked() =>
        Assert.Equal("""["AUDIO"]""", Translated.Request("""{"model":"gemini-2.5-flash-preview-tts","messages":[{"role":"user","content":"q"}]}""")["generationConfig"]!["responseModalities"]!.ToJsonString());

    [Fact]
    public void RefusedSignatures_OfTextsAreLeftOutEverywhere()
    {
        var written = Translated.Request(
            """{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","extra_content":{"google":{"thought_signature":"sig"}}},{"role":"user","content":"r"}]}""",
            new TranslationOptions { ReplaceSignatures = true });

        Assert.Equal("""[{"text":"a"}]""", written["contents"]![1]!["parts"]!.ToJsonString());
    }

    [Fact]
    public void ParametersOfAnyName_AreKept()
    {
        var written = Translated.Request("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","additionalProperties":{"type":"string"}}}}]}""");

        Assert.Equal("""{"type":"object","additionalProperties":{"type":"string"}}""", written["tools"]![0]!["functionDeclarations"]![0]!["parametersJsonSchema"]!.ToJsonString());
    }

    private static string Image(string detail) => $$$$"""{"type":"image_url","image_url":{"url":"{{{{Png}}}}","detail":"{{{{detail}}}}"}}""";

    private static string[] Texts(JsonNode content) => [.. content["parts"]!.AsArray().Select(part => (string)part!["text"]!)];
}
