using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads <c>response_format</c>.</summary>
internal static class ResponseFormatReader
{
    private const string Field = "response_format";

    /// <summary>Reads the value.</summary>
    /// <returns>Null for free text.</returns>
    public static ResponseFormat? Read(JsonElement format)
    {
        if (format.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (format.ValueKind != JsonValueKind.Object)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(Field, "an object"));
        }

        if (!format.TryGetProperty("type", out var type))
        {
            throw FieldReading.Refuse(OpenAiError.Missing($"{Field}.type"));
        }

        switch (type.ValueKind == JsonValueKind.String ? type.GetString() : throw FieldReading.Refuse(OpenAiError.WrongType($"{Field}.type", "a string")))
        {
            case "text":
                return null;
            case "json_object":
                // Some clients name the schema here.
                return format.TryGetProperty("schema", out var schema) && schema.ValueKind != JsonValueKind.Null ? Schema(schema, $"{Field}.schema") : new ResponseFormat.JsonObject();
            case "json_schema":
                return ReadSchema(format);
            default:
                throw FieldReading.Refuse(OpenAiError.InvalidValue($"{Field}.type", $"Invalid '{Field}.type': use text, json_object or json_schema."));
        }
    }

    private static ResponseFormat.JsonSchema ReadSchema(JsonElement format)
    {
        const string path = Field + ".json_schema";
        if (!format.TryGetProperty("json_schema", out var holder) || holder.ValueKind == JsonValueKind.Null)
        {
            throw FieldReading.Refuse(OpenAiError.Missing(path));
        }

        if (holder.ValueKind != JsonValueKind.Object)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(path, "an object"));
        }

        if (!holder.TryGetProperty("schema", out var schema) || schema.ValueKind == JsonValueKind.Null)
        {
            throw FieldReading.Refuse(OpenAiError.Missing(path + ".schema"));
        }

        return Schema(schema, path + ".schema");
    }

    private static ResponseFormat.JsonSchema Schema(JsonElement schema, string path) =>
        schema.ValueKind == JsonValueKind.Object ? new ResponseFormat.JsonSchema(schema, path) : throw FieldReading.Refuse(OpenAiError.WrongType(path, "a JSON schema"));
}
