using System.Text;
using System.Text.Json.Nodes;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>Requests in Gemini's own form: as Google documents them, and wrong in their values, bytes, methods, queries and models.</summary>
internal static class NativeGenerator
{
    private static readonly string[] Models = ["gemini-2.5-flash", "gemini-2.5-flash", "gemini-3-flash-preview", "gemini-4-argon", "gemini-embedding-2", "gemini-none", "gemma-3-27b-it", "..", "%2e%2e%2fx", "a:b", "名前"];
    private static readonly string[] Queries = ["", "", "", "?alt=sse", "?alt=sse", "?alt=json", "?$alt=json;enum-encoding=int", "?alt=proto", "?fields=x", "?prettyPrint=false", "?alt=sse&alt=json", "?%", "?alt"];

    /// <summary>The request of a seed.</summary>
    public static FuzzRequest Request(int number)
    {
        var chance = new Chance(number);
        var method = chance.One("generateContent", "generateContent", "streamGenerateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents");
        var embeds = method is "embedContent" or "batchEmbedContents";
        var model = chance.Of(0.8) ? embeds ? "gemini-embedding-2" : "gemini-2.5-flash" : chance.One<string>(Models);
        method = chance.Of(0.02) ? chance.One("predict", "", "generatecontent", "x") : method;
        var body = method switch
        {
            "embedContent" => new JsonObject { ["content"] = Content(chance, "user"), ["outputDimensionality"] = 1 + chance.Below(64) },
            "batchEmbedContents" => new JsonObject { ["requests"] = new JsonArray([.. Enumerable.Range(0, 1 + chance.Below(5)).Select(_ => (JsonNode)new JsonObject { ["model"] = "models/" + model, ["content"] = Content(chance, "user") })]) },
            _ => Generate(chance),
        };
        var kind = chance.Below(10);
        if (kind is >= 4 and < 8)
        {
            Mutation.Values(body, chance);
        }

        var bytes = Encoding.UTF8.GetBytes(body.ToJsonString());
        return new FuzzRequest($"/{chance.One("v1beta", "v1beta", "v1", "v1alpha")}/models/{model}:{method}{chance.One<string>(Queries)}", kind < 8 ? bytes : Mutation.Bytes(bytes, chance));
    }

    private static JsonObject Generate(Chance chance)
    {
        var contents = new JsonArray();
        for (var i = 0; i < 1 + (2 * chance.Below(3)); i++)
        {
            contents.Add((JsonNode)Content(chance, i % 2 == 0 ? "user" : "model"));
        }

        var request = new JsonObject { ["contents"] = contents };
        if (chance.Of(0.3))
        {
            request[chance.One("systemInstruction", "system_instruction")] = Content(chance, "user");
        }

        if (chance.Of(0.5))
        {
            request[chance.One("generationConfig", "generation_config")] = new JsonObject { ["temperature"] = chance.Between(0, 2), ["maxOutputTokens"] = chance.One(1, 64, 4096), ["stopSequences"] = new JsonArray("END") };
        }

        if (chance.Of(0.3))
        {
            request["tools"] = new JsonArray(new JsonObject { ["functionDeclarations"] = new JsonArray(new JsonObject { ["name"] = "f", ["description"] = chance.Words(), ["parametersJsonSchema"] = SchemaGenerator.Object(chance, 0) }) });
        }

        if (chance.Of(0.1))
        {
            request["safetySettings"] = new JsonArray(new JsonObject { ["category"] = "HARM_CATEGORY_HARASSMENT", ["threshold"] = "BLOCK_NONE" });
        }

        if (chance.Of(0.05))
        {
            request["cachedContent"] = "cachedContents/" + chance.Below(9);
        }

        return request;
    }

    private static JsonObject Content(Chance chance, string role)
    {
        var parts = new JsonArray();
        for (var i = 0; i < 1 + chance.Below(3); i++)
        {
            parts.Add((JsonNode)(chance.Of(0.9) ? new JsonObject { ["text"] = chance.Words() } : new JsonObject { ["inlineData"] = new JsonObject { ["mimeType"] = "image/png", ["data"] = chance.Base64(200) } }));
        }

        return new JsonObject { ["role"] = role, ["parts"] = parts };
    }
}
