using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Answers;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Answers;

public sealed class ToolTests(SharedSimulator shared) : SimulatorTest(shared)
{
    private const string Tools = """
        "tools":[{"functionDeclarations":[
          {"name":"get_weather","parametersJsonSchema":{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer","minimum":3},"unit":{"enum":["C","F"]}},"required":["city"]}},
          {"name":"get_time","parameters":{"type":"OBJECT","properties":{"zone":{"type":"STRING"}}}}]}]
        """;

    [Fact]
    public async Task Generate_ModeAny_CallsTheFirstAllowedFunctionWithFittingArguments()
    {
        var reply = await GenerateAsync(Saying("go", "{" + Tools + ""","toolConfig":{"functionCallingConfig":{"mode":"ANY"}}}"""), "gemini-3.5-flash");

        var part = Assert.Single(reply.Candidate["content"]!["parts"]!.AsArray())!;
        Assert.Equal("get_weather", (string?)part["functionCall"]!["name"]);
        Assert.Equal("""{"city":"text","days":3,"unit":"C"}""", part["functionCall"]!["args"]!.ToJsonString());
        Assert.NotEmpty((string)part["functionCall"]!["id"]!);
        Assert.True(ThoughtSignature.IsValid((string)part["thoughtSignature"]!));
        Assert.Equal("STOP", (string?)reply.Candidate["finishReason"]);
    }

    [Fact]
    public async Task Generate_NamedInTheText_CallsBothAndSignsOnlyTheFirst()
    {
        var reply = await GenerateAsync(Saying("use get_weather and get_time", "{" + Tools + "}"), "gemini-3.5-flash");

        var parts = reply.Candidate["content"]!["parts"]!.AsArray();
        Assert.Equal(["get_weather", "get_time"], parts.Select(part => (string?)part!["functionCall"]!["name"]));
        Assert.Equal([true, false], parts.Select(part => part!["thoughtSignature"] is not null));
    }

    [Fact]
    public async Task Generate_CallAndResultReturned_AnswersWithTheResult()
    {
        var body = Saying("use get_weather", "{" + Tools + "}");
        var called = (await GenerateAsync(body, "gemini-3.5-flash")).Candidate["content"]!;
        var result = new JsonObject { ["functionResponse"] = new JsonObject { ["name"] = "get_weather", ["id"] = (string?)called["parts"]![0]!["functionCall"]!["id"], ["response"] = new JsonObject { ["sky"] = "blue" } } };
        body["contents"]!.AsArray().Add(called.DeepClone());
        body["contents"]!.AsArray().Add(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(result) });
        var reply = await GenerateAsync(body, "gemini-3.5-flash");

        Assert.Contains("""get_weather gave {"sky":"blue"}""", reply.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NONE", "use get_time")]
    [InlineData("AUTO", "nothing special")]
    public async Task Generate_NoReasonToCall_AnswersInText(string mode, string text)
    {
        var reply = await GenerateAsync(Saying(text, "{" + Tools + ",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"" + mode + "\"}}}"));

        Assert.StartsWith("You said", reply.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_JsonSchema_AnswersJsonThatFits()
    {
        var reply = await GenerateAsync(Saying("json", """
            {"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","$defs":{"node":{"type":"object","properties":{"name":{"type":"string","minLength":6},"next":{"$ref":"#/$defs/node"}},"required":["name"]}},
             "properties":{"root":{"$ref":"#/$defs/node"},"list":{"type":"array","minItems":2,"items":{"type":"number","maximum":0.5}},"flag":{"type":["boolean","null"]}},"required":["root","list","flag"]}}}
            """));

        var json = JsonNode.Parse(reply.Said)!;
        Assert.Equal("textxx", (string?)json["root"]!["name"]);
        Assert.Equal([0.5, 0.5], json["list"]!.AsArray().Select(value => (double)value!));
        Assert.True((bool)json["flag"]!);
    }

    [Fact]
    public async Task Generate_JsonSchemaOfNonsense_IsNotAFaultOfTheSimulator()
    {
        var reply = await GenerateAsync(Saying("json", """{"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":[null,5],"$ref":7,"properties":[],"required":"x","minLength":"y"}}}"""));

        Assert.Equal("{}", reply.Said);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Generate_GoogleSearch_SupportsEverySentenceByUtf8Offsets(bool stream)
    {
        var body = Saying("wéather in 北京?", """{"tools":[{"googleSearch":{}}]}""");
        var said = (await GenerateAsync(body)).Said;
        var candidate = stream ? (await StreamAsync(body)).Events[^1]["candidates"]![0]! : (await GenerateAsync(body)).Candidate;

        var grounding = candidate["groundingMetadata"]!;
        Assert.Equal("wéather in 北京?", (string?)grounding["webSearchQueries"]![0]);
        Assert.NotEmpty((string)grounding["searchEntryPoint"]!["renderedContent"]!);
        var bytes = Encoding.UTF8.GetBytes(said);
        var supports = grounding["groundingSupports"]!.AsArray();
        Assert.Equal(3, supports.Count);
        Assert.All(supports, support =>
        {
            var segment = support!["segment"]!;
            var slice = bytes[((int?)segment["startIndex"] ?? 0)..(int)segment["endIndex"]!];
            Assert.Equal((string?)segment["text"], Encoding.UTF8.GetString(slice));
            Assert.NotEmpty((string)grounding["groundingChunks"]![(int)support["groundingChunkIndices"]![0]!]!["web"]!["uri"]!);
        });
        Assert.NotEqual(said.Length, bytes.Length);
    }
}
