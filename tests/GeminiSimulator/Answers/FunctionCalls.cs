using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>When the simulated model calls functions, and with what.</summary>
public static class FunctionCalls
{
    /// <summary>One call of the first allowed function when mode ANY demands it, or calls of every function the last user text names; none otherwise.</summary>
    /// <param name="request">A checked request.</param>
    /// <param name="model">The model asked.</param>
    /// <param name="digest">Makes ids and signatures.</param>
    public static IReadOnlyList<JsonObject> For(JsonObject request, ModelProfile model, byte[] digest)
    {
        var declared = (request["tools"] as JsonArray ?? []).SelectMany(tool => tool!["functionDeclarations"] as JsonArray ?? []).Select(node => (JsonObject)node!).ToList();
        var config = request["toolConfig"]?["functionCallingConfig"];
        var mode = config?["mode"]?.GetValue<string>().ToUpperInvariant();
        if (declared.Count == 0 || mode == "NONE")
        {
            return [];
        }

        if (config?["allowedFunctionNames"] is JsonArray { Count: > 0 } allowed)
        {
            declared.RemoveAll(declaration => !allowed.Any(name => name!.GetValue<string>() == Name(declaration)));
        }

        var last = ((JsonArray)request["contents"]!)[^1]!;
        var text = string.Concat((last["parts"] as JsonArray ?? []).Select(part => part!["text"]?.GetValue<string>()));
        var named = declared.Where(declaration => text.Contains(Name(declaration), StringComparison.Ordinal)).ToList();
        var called = named.Count > 0 ? named : mode == "ANY" ? declared.Take(1).ToList() : [];
        return [.. called.Select((declaration, i) => Call(declaration, model, digest, i))];
    }

    private static JsonObject Call(JsonObject declaration, ModelProfile model, byte[] digest, int index)
    {
        var call = new JsonObject
        {
            ["name"] = Name(declaration),
            ["args"] = JsonNode.Parse(SchemaExample.For(declaration["parametersJsonSchema"] ?? declaration["parameters"])),
        };
        if (model.Thinking == ThinkingControl.Level)
        {
            call["id"] = Convert.ToHexStringLower(digest, index, 4);
        }

        var part = new JsonObject { ["functionCall"] = call };
        // Of calls made together only the first carries one.
        if (index == 0 && model.Thinking != ThinkingControl.None)
        {
            part["thoughtSignature"] = ThoughtSignature.Make(digest);
        }

        return part;
    }

    private static string Name(JsonObject declaration) => declaration["name"]!.GetValue<string>();
}
