using System.Text.Json.Nodes;
using GeminiBalance.ProxyService.OpenAi;
using GeminiBalance.ProxyService.Translation.Requests;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class ToolRequestTests
{
    private const string Sum = """{"type":"function","function":{"name":"sum","description":"adds","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}""";
    private const string Now = """{"type":"function","function":{"name":"now"}}""";

    [Fact]
    public void G11_AssistantWithTextAndCalls_SendsBoth()
    {
        var model = Contents(Conversation("""{"role":"assistant","content":"let me see","tool_calls":[{"id":"c1","type":"function","function":{"name":"sum","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"2"}"""))[1]!;

        Assert.Equal("""[{"text":"let me see"},{"functionCall":{"id":"c1","name":"sum","args":{"a":1}}}]""", model["parts"]!.ToJsonString());
    }

    [Theory]
    [InlineData("\"\"", "{}")]
    [InlineData("\" \"", "{}")]
    [InlineData("null", "{}")]
    [InlineData("\"{}\"", "{}")]
    [InlineData("{\"a\":1}", "{\"a\":1}")]
    [InlineData("\"{\\\"big\\\":9007199254740993,\\\"n\\\":null}\"", "{\"big\":9007199254740993,\"n\":null}")]
    public void G12_Arguments_AreAnObjectWhateverTheClientWrote(string arguments, string args) =>
        Assert.Equal(args, Contents(Conversation(Call("c1", "sum", arguments) + """,{"role":"tool","tool_call_id":"c1","content":"2"}"""))[1]!["parts"]![0]!["functionCall"]!["args"]!.ToJsonString());

    [Theory]
    [InlineData("\"{\\\"a\\\":\"")]
    [InlineData("\"[1]\"")]
    [InlineData("\"7\"")]
    [InlineData("\"{\\\"a\\\":1,\\\"a\\\":2}\"")]
    [InlineData("\"{\\\"\\\\ud800\\\":1}\"")]
    public void G13_ArgumentsThatAreNoObject_AreRefusedByPath(string arguments)
    {
        var error = Translated.Refusal(Conversation(Call("c1", "sum", arguments) + """,{"role":"tool","tool_call_id":"c1","content":"2"}"""));

        Assert.Equal((400, "invalid_value", "messages[1].tool_calls[0].function.arguments"), (error.Status, error.Code, error.Param));
    }

    [Fact]
    public void G14_ResultsOfOneStep_AreOneTurnInTheOrderOfTheCalls()
    {
        var contents = Contents(Conversation("""
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"sum","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"now","arguments":""}}]},
            {"role":"tool","tool_call_id":"c2","content":"noon"},{"role":"tool","tool_call_id":"c1","content":"{\"result\":2}"},{"role":"user","content":"and?"}
            """));

        Assert.Equal(["user", "model", "user", "user"], contents.Select(content => (string)content!["role"]!));
        Assert.Equal("""[{"functionResponse":{"id":"c1","name":"sum","response":{"result":2}}},{"functionResponse":{"id":"c2","name":"now","response":{"output":"noon"}}}]""", contents[2]!["parts"]!.ToJsonString());
    }

    [Theory]
    [InlineData("[1,2]", "{\"output\":[1,2]}")]
    [InlineData(" [\"a\",1.5] ", "{\"output\":[\"a\",1.5]}")]
    [InlineData("true", "{\"output\":\"true\"}")]
    [InlineData("\"a\"", "{\"output\":\"\\u0022a\\u0022\"}")]
    [InlineData("3.10", "{\"output\":\"3.10\"}")]
    [InlineData("1.50", "{\"output\":\"1.50\"}")]
    [InlineData("1e5", "{\"output\":\"1e5\"}")]
    [InlineData("[3.10,21.0,1e5]", "{\"output\":[3.10,21.0,1e5]}")]
    [InlineData("[0.12345678901234567891]", "{\"output\":\"[0.12345678901234567891]\"}")]
    [InlineData("[1e400]", "{\"output\":\"[1e400]\"}")]
    [InlineData("[0.30000000000000004]", "{\"output\":[0.30000000000000004]}")]
    [InlineData("[9007199254740992,-17,0.1]", "{\"output\":[9007199254740992,-17,0.1]}")]
    [InlineData("plain", "{\"output\":\"plain\"}")]
    [InlineData("", "{\"output\":\"\"}")]
    [InlineData("{\"a\":1.5}", "{\"a\":1.5}")]
    [InlineData("{\"a\":9007199254740993}", "{\"output\":\"{\\u0022a\\u0022:9007199254740993}\"}")]
    [InlineData("{\"output\":1}", "{\"output\":1}")]
    [InlineData("{\"error\":\"e\"}", "{\"error\":\"e\"}")]
    [InlineData("{\"output\":1,\"b\":2}", "{\"output\":{\"output\":1,\"b\":2}}")]
    [InlineData("{\"b\":2,\"error\":null}", "{\"output\":{\"b\":2,\"error\":null}}")]
    [InlineData("{\"b\":{\"output\":1,\"c\":2}}", "{\"b\":{\"output\":1,\"c\":2}}")]
    [InlineData("{\"\\ud800\":1}", "{\"output\":\"{\\u0022\\\\ud800\\u0022:1}\"}")]
    [InlineData("{\"a\":\"\\ud800\"}", "{\"output\":\"{\\u0022a\\u0022:\\u0022\\\\ud800\\u0022}\"}")]
    [InlineData("{\"a\":1,\"a\":2}", "{\"output\":\"{\\u0022a\\u0022:1,\\u0022a\\u0022:2}\"}")]
    public void G15_Result_IsAlwaysAnObject(string content, string response)
    {
        var message = new JsonObject { ["role"] = "tool", ["tool_call_id"] = "c1", ["content"] = content };
        var contents = Contents(Conversation(Call("c1", "sum", "\"{}\"") + "," + message.ToJsonString()));

        Assert.Equal(response, contents[2]!["parts"]![0]!["functionResponse"]!["response"]!.ToJsonString());
    }

    [Fact]
    public void Result_OfSeveralTexts_IsOneTextWithALineEach()
    {
        var contents = Contents(Conversation(Call("c1", "sum", "\"{}\"") + """,{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"1"},{"type":"text","text":"{\"a\":2}"}]}"""));

        Assert.Equal("1\n{\"a\":2}", (string?)contents[2]!["parts"]![0]!["functionResponse"]!["response"]!["output"]);
    }

    [Theory]
    [InlineData("""{"role":"tool","tool_call_id":"other","content":"2"}""", "messages[2].tool_call_id")]
    [InlineData("""{"role":"tool","tool_call_id":"c1","content":"2"},{"role":"tool","tool_call_id":"c1","content":"2"}""", "messages[3].tool_call_id")]
    [InlineData("""{"role":"user","content":"never mind"}""", "messages[1].tool_calls")]
    public void G16_CallsAndResultsThatDoNotMatch_AreRefused(string after, string param) =>
        Assert.Equal(param, Translated.Refusal(Conversation(Call("c1", "sum", "\"{}\"") + "," + after)).Param);

    [Fact]
    public void G40_NameGeminiDoesNotTake_IsRenamedEverywhere()
    {
        var written = Translated.Request($$$$$$$"""
            {"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"},{{{{{{{Call("c1", "1st-tool", "\"{}\"")}}}}}}},{"role":"tool","tool_call_id":"c1","content":"x"}],
             "tools":[{"type":"function","function":{"name":"1st-tool"}}],"tool_choice":{"type":"function","function":{"name":"1st-tool"}}}
            """);

        Assert.Equal("_1st-tool", (string?)written["tools"]![0]!["functionDeclarations"]![0]!["name"]);
        Assert.Equal("_1st-tool", (string?)written["contents"]![1]!["parts"]![0]!["functionCall"]!["name"]);
        Assert.Equal("_1st-tool", (string?)written["contents"]![2]!["parts"]![0]!["functionResponse"]!["name"]);
        Assert.Equal("""{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["_1st-tool"]}}""", written["toolConfig"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{}}""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":false,"required":[],"$schema":"s"}""")]
    public void G41_NoArguments_MeansNoParameters(string parameters)
    {
        var written = Translated.Request($$$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":{{{parameters}}}}}]}""");

        Assert.Equal("""[{"name":"f","description":"f"}]""", written["tools"]![0]!["functionDeclarations"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{"type":"object","additionalProperties":true}""", """{"type":"object","additionalProperties":true}""")]
    [InlineData("""{"type":"object","properties":{},"additionalProperties":true}""", """{"type":"object","properties":{},"additionalProperties":true}""")]
    [InlineData("""{"type":"object","patternProperties":{"^.*$":{"type":"string"}}}""", """{"type":"object","additionalProperties":{"type":"string"}}""")]
    public void ArgumentsOfAnyName_AreDeclared(string parameters, string declared)
    {
        var written = Translated.Request($$$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":{{{parameters}}}}}]}""");

        Assert.Equal(declared, written["tools"]![0]!["functionDeclarations"]![0]!["parametersJsonSchema"]!.ToJsonString());
    }

    [Fact]
    public void ArgumentsThatCannotBeDeclared_AreTold()
    {
        var request = Translated.Read("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","required":["a"],"minProperties":1}}}]}""");

        Assert.Contains("required, minProperties", Assert.Single(request.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-3-flash-preview", "")]
    [InlineData("gemini-2.5-flash", "")]
    [InlineData("gemini-2.5-flash", ",\"response_format\":{\"type\":\"json_object\"}")]
    public void NoTool_SwitchesGooglesOwnOff(string model, string more)
    {
        foreach (var tools in (string[])["""{"type":"web_search"}""", $$"""{"type":"web_search"},{{Now}}"""])
        {
            var written = Translated.Request($$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"}],"tools":[{{tools}}],"tool_choice":"none"{{more}}}""", out var request, new TranslationOptions { Search = true });

            Assert.DoesNotContain("googleSearch", written.ToJsonString(), StringComparison.Ordinal);
            Assert.Equal(tools.Contains("now", StringComparison.Ordinal), written["tools"] is not null);
            Assert.Null(written["toolConfig"]?["includeServerSideToolInvocations"]);
            Assert.DoesNotContain(request.Warnings, warning => warning.Contains("Google's own", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("\"auto\"", null)]
    [InlineData("\"none\"", """{"mode":"NONE"}""")]
    [InlineData("\"required\"", """{"mode":"ANY"}""")]
    [InlineData("""{"type":"function","function":{"name":"now"}}""", """{"mode":"ANY","allowedFunctionNames":["now"]}""")]
    [InlineData("""{"type":"function","name":"now"}""", """{"mode":"ANY","allowedFunctionNames":["now"]}""")]
    [InlineData("""{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"now"}}]}}""", """{"mode":"ANY","allowedFunctionNames":["now"]}""")]
    public void ToolChoice_BecomesAMode(string choice, string? config)
    {
        var written = Translated.Request($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{{Sum}},{{Now}}],"tool_choice":{{choice}}}""");

        Assert.Equal(config, written["toolConfig"]?["functionCallingConfig"]!.ToJsonString());
        Assert.Equal(2, written["tools"]![0]!["functionDeclarations"]!.AsArray().Count);
    }

    [Fact]
    public void AllowedToolsThatMayBeLeft_AreTheOnlyOnesDeclared()
    {
        var written = Translated.Request($$$$$$$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{{{{{{{Sum}}}}}}},{{{{{{{Now}}}}}}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"now"}}]}}}""");

        Assert.Equal("now", (string?)Assert.Single(written["tools"]![0]!["functionDeclarations"]!.AsArray())!["name"]);
        Assert.Null(written["toolConfig"]);
    }

    [Theory]
    [InlineData("\"tool_choice\":\"auto\"", "invalid_value", "tool_choice")]
    [InlineData("\"tools\":[{\"type\":\"custom\"}]", "invalid_value", "tools[0].type")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]", "invalid_value", "tools[0].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"string\"}}}]", "invalid_value", "tools[0].function.parameters")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]", "invalid_value", "tools[1].function.name")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"g\"}}", "invalid_value", "tool_choice")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],\"tool_choice\":\"sometimes\"", "invalid_value", "tool_choice")]
    public void Tools_Malformed_AreRefusedByPath(string fields, string code, string param)
    {
        var error = Translated.Refusal($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],{{fields}}}""");

        Assert.Equal((code, param), (error.Code, error.Param));
    }

    [Fact]
    public void OlderFormOfFunctions_IsUnderstood()
    {
        var written = Translated.Request("""
            {"model":"gemini-2.5-flash","functions":[{"name":"now","parameters":{}}],"function_call":{"name":"now"},
             "messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"function_call":{"name":"now","arguments":"{}"}},{"role":"function","name":"now","content":"noon"}]}
            """);

        Assert.Equal("""{"functionCall":{"id":"now","name":"now","args":{}}}""", written["contents"]![1]!["parts"]![0]!.ToJsonString());
        Assert.Equal("""{"functionResponse":{"id":"now","name":"now","response":{"output":"noon"}}}""", written["contents"]![2]!["parts"]![0]!.ToJsonString());
        Assert.Equal("ANY", (string?)written["toolConfig"]!["functionCallingConfig"]!["mode"]);
    }

    [Fact]
    public void G42_SearchBesideFunctions_OnGemini3_IncludesItsInvocations()
    {
        var written = Translated.Request($$$$$$$"""{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"q"}],"tools":[{{{{{{{Now}}}}}}}],"web_search_options":{}}""");

        Assert.Equal("""{"functionCallingConfig":{"mode":"VALIDATED"},"includeServerSideToolInvocations":true}""", written["toolConfig"]!.ToJsonString());
        Assert.Equal("""{"googleSearch":{}}""", written["tools"]![1]!.ToJsonString());
    }

    [Fact]
    public void SearchBesideFunctions_OnOlderModels_IsLeftOutWithAWarning()
    {
        var written = Translated.Request($$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{{Now}},{"type":"web_search"}]}""", out var request);

        Assert.Single(written["tools"]!.AsArray());
        Assert.Single(request.Warnings);
    }

    [Fact]
    public void ToolsOfGoogle_ComeFromEveryPlaceTheyAreAskedFor()
    {
        var written = Translated.Request("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"code_interpreter"}],"extra_body":{"google":{"tools":[{"urlContext":{}}]}}}""", new TranslationOptions { Search = true });

        Assert.Equal("""[{"googleSearch":{}},{"codeExecution":{}},{"urlContext":{}}]""", written["tools"]!.ToJsonString());
    }

    [Theory]
    [InlineData("", """[{"functionDeclarations":[{"name":"now","description":"now"}]},{"googleSearch":{}}]""", """{"functionCallingConfig":{"mode":"VALIDATED"},"includeServerSideToolInvocations":true}""")]
    [InlineData(""","tool_choice":{"type":"function","function":{"name":"googleSearch"}}""", """[{"functionDeclarations":[{"name":"now","description":"now"}]},{"googleSearch":{}}]""", """{"functionCallingConfig":{"mode":"VALIDATED"},"includeServerSideToolInvocations":true}""")]
    [InlineData(""","tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"now"}},{"type":"function","function":{"name":"googleSearch"}}]}}""", """[{"functionDeclarations":[{"name":"now","description":"now"}]},{"googleSearch":{}}]""", """{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["now"]},"includeServerSideToolInvocations":true}""")]
    public void FunctionsCalledLikeGooglesTools_StandForThem_WhenSoSet(string choice, string tools, string config)
    {
        var body = $$$$"""{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"q"}],"tools":[{{{{Now}}}},{"type":"function","function":{"name":"googleSearch"}}]{{{{choice}}}}}""";
        var request = Translated.Read(body);
        request.Tools.TakeBuiltInsByName();
        var written = Translated.Request(request, body);

        Assert.Equal(tools, written["tools"]!.ToJsonString());
        Assert.Equal(config, written["toolConfig"]!.ToJsonString());
        Assert.Contains("\"googleSearch\"", Translated.Request(body)["tools"]![0]!["functionDeclarations"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void NothingButSuchAFunction_LeavesNothingToDemand()
    {
        var request = Translated.Read("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"codeExecution"}}],"tool_choice":"required"}""");
        request.Tools.TakeBuiltInsByName();

        Assert.Equal((new ToolChoice.Auto(), BuiltInTools.CodeExecution, 0), (request.Tools.Choice, request.Tools.BuiltIn, request.Tools.Functions.Count));
    }

    [Fact]
    public void Tools_OnAModelWithoutThem_AreRefused() =>
        Assert.Equal("tools", Translated.Refusal($$"""{"model":"gemma-3-27b-it","messages":[{"role":"user","content":"q"}],"tools":[{{Now}}]}""").Param);

    private static JsonArray Contents(string request) => Translated.Request(request)["contents"]!.AsArray();

    private static string Conversation(string after) => $$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"},{{after}}],"tools":[{{Sum}},{{Now}}]}""";

    private static string Call(string id, string name, string arguments) =>
        $$$$$$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"{{{{{{{id}}}}}}}","type":"function","function":{"name":"{{{{{{{name}}}}}}}","arguments":{{{{{{{arguments}}}}}}}}}]}""";
}
