using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>What Google demands of a schema in its own dialect (<c>parameters</c>, <c>responseSchema</c>); JSON Schema fields are taken as they come.</summary>
internal static class SchemaRules
{
    private static readonly string[] NumberFormats = ["int32", "int64", "float", "double"];

    public static GoogleError? Check(JsonObject schema, string at)
    {
        foreach (var alternative in schema["anyOf"] as JsonArray ?? [])
        {
            if (Check((JsonObject)alternative!, at + ".any_of") is { } wrong)
            {
                return wrong;
            }
        }

        if (schema["enum"] is JsonArray values && values.Any(value => value!.GetValue<string>().Length == 0))
        {
            return Wrong(at + ".enum", "cannot be empty");
        }

        return schema["type"]?.GetValue<string>() switch
        {
            "OBJECT" => CheckObject(schema, at),
            "ARRAY" => schema["items"] is JsonObject items ? Check(items, at + ".items") : Wrong(at + ".items", "missing field."),
            "STRING" => schema["format"]?.GetValue<string>() is null or "enum" or "date-time" ? null : Wrong(at + ".format", "only 'enum' and 'date-time' are supported for STRING type"),
            "INTEGER" or "NUMBER" when schema["enum"] is not null => Wrong(at + ".enum", "only allowed for STRING type"),
            "INTEGER" or "NUMBER" => schema["format"]?.GetValue<string>() is { } format && !NumberFormats.Contains(format) ? Wrong(at + ".format", $"'{format}' is not supported") : null,
            _ => null,
        };
    }

    private static GoogleError? CheckObject(JsonObject schema, string at)
    {
        if (schema["properties"] is not JsonObject { Count: > 0 } properties)
        {
            return Wrong(at + ".properties", "should be non-empty for OBJECT type");
        }

        var index = 0;
        foreach (var name in schema["required"] as JsonArray ?? [])
        {
            if (!properties.ContainsKey(name!.GetValue<string>()))
            {
                return Wrong($"{at}.required[{index}]", "property is not defined");
            }

            index++;
        }

        foreach (var (name, property) in properties)
        {
            if (Check((JsonObject)property!, $"{at}.properties[{name}]") is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static GoogleError Wrong(string at, string why) => GoogleError.InvalidArgument($"* GenerateContentRequest.{at}: {why}\n", at);
}
