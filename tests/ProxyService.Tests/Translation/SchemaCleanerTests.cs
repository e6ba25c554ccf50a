using System.Text.Json.Nodes;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

public sealed class SchemaCleanerTests
{
    [Theory]
    [InlineData("""{"type":"object","$schema":"x","$comment":"c","properties":{"a":{"type":"string","default":"d","examples":["e"]}}}""", """{"type":"object","properties":{"a":{"type":"string"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"const":"x"}}}""", """{"type":"object","properties":{"a":{"enum":["x"]}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"integer","enum":[1,2]}}}""", """{"type":"object","properties":{"a":{"type":["string","null"]},"b":{"type":"integer","enum":[1,2]}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","exclusiveMinimum":3,"exclusiveMaximum":9},"b":{"type":"number","exclusiveMinimum":0.5}}}""", """{"type":"object","properties":{"a":{"type":"integer","minimum":4,"maximum":8},"b":{"type":"number","minimum":0.5}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","description":"d","minLength":2,"pattern":"^x"}}}""", """{"type":"object","properties":{"a":{"type":"string","description":"d (minLength 2, pattern ^x)"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{},"uniqueItems":true},"b":{"type":"array","items":true},"c":{"type":"array","items":[{"type":"string"}]}}}""", """{"type":"object","properties":{"a":{"type":"array"},"b":{"type":"array"},"c":{"type":"array","prefixItems":[{"type":"string"}]}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"oneOf":[{"type":"string"},{"type":"null"}]},"b":true,"c":{"additionalProperties":false,"propertyNames":{"pattern":"x"}}},"unevaluatedProperties":false}""", """{"type":"object","properties":{"a":{"oneOf":[{"type":"string"},{"type":"null"}]},"b":{},"c":{"additionalProperties":false}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"}},"required":["a","b"]}""", """{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}""")]
    [InlineData("""{"type":"object","allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"$ref":"#/$defs/B"}],"$defs":{"B":{"properties":{"b":{"type":"integer"}},"required":["b"]}}}""", """{"type":"object","$defs":{"B":{"properties":{"b":{"type":"integer"}},"required":["b"]}},"properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a","b"]}""")]
    [InlineData("""{"type":"object","definitions":{"N":{"type":"object","properties":{"next":{"$ref":"#/definitions/N","description":"d"}}}},"properties":{"n":{"$ref":"#/definitions/N"}}}""", """{"type":"object","$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"}}}},"properties":{"n":{"$ref":"#/$defs/N"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string"},"b":{"$ref":"#/properties/a"},"c":{"$ref":"#/nowhere"}}}""", """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"not":{"type":"string"},"if":{},"then":{},"else":{},"dependentRequired":{},"contains":{},"multipleOf":2,"readOnly":true,"type":"integer"}}}""", """{"type":"object","properties":{"a":{"type":"integer"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","patternProperties":{"^x":{"type":"integer","minLength":1}},"additionalProperties":false}}}""", """{"type":"object","properties":{"a":{"type":"object","additionalProperties":{"type":"integer","description":"minLength 1"}}}}""")]
    [InlineData("""{"type":"object","additionalProperties":false,"patternProperties":{"^x":{"type":"integer"},"^y":{"type":"string"}}}""", """{"type":"object","additionalProperties":true}""")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"},"patternProperties":{"^x":{"type":"integer"}}}""", """{"type":"object","additionalProperties":{"type":"string"}}""")]
    [InlineData("""{"type":"object","patternProperties":{"^x":false}}""", """{"type":"object","additionalProperties":true}""")]
    public void Keyword_UnknownToGemini_IsLeftOutOrRewritten(string schema, string cleaned) => Assert.Equal(JsonNode.Parse(cleaned)!.ToJsonString(), Clean(schema, out _).ToJsonString());

    [Fact]
    public void G38_PropertiesCalledLikeKeywords_AreKept()
    {
        const string Schema = """{"type":"object","properties":{"const":{"type":"string"},"not":{"type":"string"},"default":{"type":"string"},"if":{"type":"string"},"title":{"type":"string"},"format":{"type":"string"},"examples":{"type":"string"},"$ref":{"type":"string"}},"required":["not","const"]}""";

        Assert.Equal(JsonNode.Parse(Schema)!.ToJsonString(), Clean(Schema, out var warnings).ToJsonString());
        Assert.Empty(warnings);
    }

    [Fact]
    public void G37_ForeignKeywordsFarDown_AreAllGone()
    {
        var cleaned = Clean("""{"type":"object","$schema":"s","properties":{"a":{"oneOf":[{"type":"object","properties":{"b":{"type":"array","items":{"anyOf":[{"type":"object","properties":{"c":{"type":"object","propertyNames":{"pattern":"x"},"patternProperties":{},"additionalProperties":{"type":"string","minLength":1}}}}]}}}}]}}}""", out var warnings).ToJsonString();

        Assert.DoesNotContain("$schema", cleaned, StringComparison.Ordinal);
        Assert.DoesNotContain("propertyNames", cleaned, StringComparison.Ordinal);
        Assert.DoesNotContain("patternProperties", cleaned, StringComparison.Ordinal);
        Assert.Contains("minLength, patternProperties, propertyNames", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void G39_SchemaThatIsACircle_Ends()
    {
        var cleaned = Clean("""{"type":"object","properties":{"a":{"$ref":"#/properties/a"},"b":{"$ref":"#"},"c":{"allOf":[{"$ref":"#/properties/c"},{"$ref":"#/properties/c"},{"$ref":"#/properties/c"}]}}}""", out _);

        Assert.Equal("#", (string?)cleaned["properties"]!["b"]!["$ref"]);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}},"required":["n"],"$defs":{"N":{"type":"object","properties":{"v":{"type":"string"},"next":{"$ref":"#/$defs/N"}},"required":["v","next"]}}}""", """{"n":["n"],"N":["v"]}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#/definitions/N"}},"required":["n"],"definitions":{"N":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/definitions/N"},{"type":"null"}]},"all":{"type":"array","items":{"$ref":"#/definitions/N"}}},"required":["next","all"]}}}""", """{"n":["n"],"N":null}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#/$defs/A"}},"required":["n"],"$defs":{"A":{"type":"object","properties":{"b":{"$ref":"#/$defs/N"}},"required":["b"]},"N":{"type":"object","properties":{"a":{"type":"object","properties":{"deep":{"$ref":"#/$defs/A"}},"required":["deep"]}},"required":["a"]}}}""", """{"n":["n"],"N":null}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#"},"v":{"type":"integer"}},"required":["n","v"]}""", """{"n":["v"]}""")]
    [InlineData("""{"type":"object","properties":{"n":{"$ref":"#/$defs/N"}},"required":["n"],"$defs":{"N":{"type":"object","properties":{"next":{"$ref":"#/$defs/N"},"v":{"$ref":"#/$defs/V"}},"required":["v"]},"V":{"type":"string"}}}""", """{"n":["n"],"N":["v"]}""")]
    public void Circle_PassesAPropertyThatMayBeAbsent(string schema, string required)
    {
        var cleaned = Clean(schema, out _);
        var expected = JsonNode.Parse(required)!;

        Assert.Equal(expected["n"]?.ToJsonString(), cleaned["required"]?.ToJsonString());
        Assert.Equal(expected["N"]?.ToJsonString(), cleaned["$defs"]?["N"]?["required"]?.ToJsonString());
    }

    [Fact]
    public async Task ManyCircles_EndInTime()
    {
        var definitions = new JsonObject();
        for (var i = 0; i < 2_000; i++)
        {
            definitions[$"d{i}"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["a"] = new JsonObject { ["$ref"] = $"#/$defs/d{(i + 1) % 2_000}" }, ["b"] = new JsonObject { ["$ref"] = $"#/$defs/d{(i * 7) % 2_000}" } }, ["required"] = new JsonArray("a", "b") };
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["x"] = new JsonObject { ["$ref"] = "#/$defs/d0" } }, ["$defs"] = definitions };
        var cleaned = await Task.Run(() => Clean(schema.ToJsonString(), out _), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal(2_000, cleaned["$defs"]!.AsObject().Count);
    }

    [Fact]
    public void RecordedSchema_IsCleanedWithoutALoss()
    {
        var cleaned = Clean(Recorded.Text("schema/json-schema.json"), out _);

        Assert.NotNull(cleaned["properties"]);
    }

    [Fact]
    public void ReferenceElsewhere_IsRefused() => Assert.Equal(
        (400, "invalid_value", "response_format"),
        Translated.Refusal("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"$ref":"http://example.test/schema"}}}}""") is var error ? (error.Status, error.Code, error.Param) : default);

    private static JsonNode Clean(string schema, out List<string> warnings)
    {
        var written = Translated.Request($$$$$$$"""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":{{{{{{{schema}}}}}}}}}}""", out var request);
        warnings = request.Warnings;
        Assert.Equal("application/json", (string?)written["generationConfig"]!["responseMimeType"]);
        return written["generationConfig"]!["responseJsonSchema"]!;
    }
}
