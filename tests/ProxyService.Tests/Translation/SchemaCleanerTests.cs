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
