using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>A value that fits a schema.</summary>
public static class SchemaExample
{
    private const int MaximumDepth = 16;
    private const int MaximumItems = 100;
    private const int OptionalDepth = 4;
    private const int LongestText = 10_000;

    /// <summary>JSON text of an example; <c>{}</c> without a schema.</summary>
    /// <param name="schema">A JSON Schema or an OpenAPI schema, or null.</param>
    public static string For(JsonNode? schema) => (schema is JsonObject root ? Value(root, root, 0) : new JsonObject())?.ToJsonString(JsonSerializerOptions.Default) ?? "null";

    private static JsonNode? Value(JsonObject schema, JsonObject root, int depth)
    {
        if (depth > MaximumDepth)
        {
            return null;
        }

        if (Word(schema["$ref"]) is { } pointer)
        {
            return Resolve(root, pointer) is { } target ? Value(target, root, depth + 1) : null;
        }

        if (schema["enum"] is JsonArray { Count: > 0 } choices)
        {
            return choices[0]?.DeepClone();
        }

        if ((schema["anyOf"] ?? schema["oneOf"]) is JsonArray { Count: > 0 } alternatives && alternatives[0] is JsonObject first)
        {
            return Value(first, root, depth + 1);
        }

        var type = schema["type"] is JsonArray { Count: > 0 } types ? types[0] : schema["type"];
        switch (Word(type)?.ToUpperInvariant())
        {
            case "STRING":
                return Text(schema);
            case "INTEGER":
                return JsonValue.Create((long)Math.Ceiling(Within(schema)));
            case "NUMBER":
                return JsonValue.Create(Within(schema));
            case "BOOLEAN":
                return true;
            case "NULL":
                return null;
            case "ARRAY":
                return List(schema, root, depth);
            default:
                var result = new JsonObject();
                var required = schema["required"] as JsonArray ?? [];
                foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
                {
                    // A schema may come back to itself through what is optional, so that ends somewhere.
                    if (property is JsonObject inner && (depth < OptionalDepth || required.Any(wanted => wanted?.ToString() == name)))
                    {
                        result[name] = Value(inner, root, depth + 1);
                    }
                }

                return result;
        }
    }

    private static string Text(JsonObject schema)
    {
        var text = Word(schema["format"]) == "date-time" ? "2026-01-02T03:04:05Z" : "text";
        var least = (int)Math.Min(Bound(schema, "minLength") ?? 0, LongestText);
        var most = (int)Math.Clamp(Bound(schema, "maxLength") ?? LongestText, 0, LongestText);
        return text.Length < least ? text.PadRight(least, 'x') : text.Length > most ? text[..most] : text;
    }

    private static JsonArray List(JsonObject schema, JsonObject root, int depth)
    {
        var list = new JsonArray();
        foreach (var item in schema["prefixItems"] as JsonArray ?? [])
        {
            list.Add(item is JsonObject fixedItem ? Value(fixedItem, root, depth + 1) : null);
        }

        var least = Math.Clamp((int)(Bound(schema, "minItems") ?? 1), 0, MaximumItems);
        var most = (int)Math.Clamp(Bound(schema, "maxItems") ?? MaximumItems, 0, MaximumItems);
        while (schema["items"] is JsonObject items && list.Count < Math.Min(Math.Max(least, 1), most))
        {
            list.Add(Value(items, root, depth + 1));
        }

        return list;
    }

    private static double Within(JsonObject schema) => Bound(schema, "minimum") ?? Math.Min(1, Bound(schema, "maximum") ?? 1);

    private static string? Word(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? word) ? word : null;

    /// <summary>A bound; Google's dialect writes whole ones as strings.</summary>
    private static double? Bound(JsonObject schema, string name) =>
        double.TryParse(schema[name]?.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static JsonObject? Resolve(JsonObject root, string pointer)
    {
        JsonNode? node = root;
        foreach (var step in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = (node as JsonObject)?[step];
        }

        return node as JsonObject;
    }
}
