using System.Text.Json.Nodes;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>JSON schemas as programs send them: with all that Gemini does not know.</summary>
internal static class SchemaGenerator
{
    private static readonly string[] Names = ["city", "n", "not", "const", "default", "$ref", "type", "items", "a b", "ä", "required", "properties"];

    /// <summary>A schema of an object.</summary>
    public static JsonObject Object(Chance chance, int depth)
    {
        var properties = new JsonObject();
        for (var i = 0; i < chance.Below(4); i++)
        {
            properties[chance.One<string>(Names)] = Any(chance, depth + 1);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (chance.Of(0.5))
        {
            schema["required"] = new JsonArray([.. properties.Select(property => (JsonNode)property.Key)]);
        }

        if (chance.Of(0.4))
        {
            schema["additionalProperties"] = chance.Of(0.5) ? false : new JsonObject { ["type"] = "string" };
        }

        if (chance.Of(0.1))
        {
            schema["$schema"] = "http://json-schema.org/draft-07/schema#";
        }

        if (chance.Of(0.1))
        {
            schema["patternProperties"] = new JsonObject { ["^x"] = new JsonObject() };
        }

        if (depth == 0 && chance.Of(0.2))
        {
            schema["$defs"] = new JsonObject { ["node"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["next"] = new JsonObject { ["$ref"] = "#/$defs/node" } } } };
            properties["tree"] = new JsonObject { ["$ref"] = "#/$defs/node" };
        }

        return schema;
    }

    private static JsonNode Any(Chance chance, int depth)
    {
        if (depth > 4)
        {
            return new JsonObject { ["type"] = "string" };
        }

        return chance.Below(14) switch
        {
            0 => Object(chance, depth),
            1 => new JsonObject { ["type"] = "array", ["items"] = Any(chance, depth + 1), ["minItems"] = chance.Below(3), ["uniqueItems"] = true },
            2 => new JsonObject { ["type"] = new JsonArray("string", "null") },
            3 => new JsonObject { ["anyOf"] = new JsonArray(Any(chance, depth + 1), new JsonObject { ["type"] = "null" }) },
            4 => new JsonObject { ["oneOf"] = new JsonArray(Any(chance, depth + 1), Any(chance, depth + 1)) },
            5 => new JsonObject { ["allOf"] = new JsonArray(Object(chance, depth + 1), Object(chance, depth + 1)) },
            6 => new JsonObject { ["enum"] = chance.Of(0.5) ? new JsonArray("a", "b", "") : new JsonArray(1, 2, null) },
            7 => new JsonObject { ["const"] = chance.One<Func<JsonNode>>(() => "x", () => 5, () => true)() },
            8 => new JsonObject { ["type"] = "integer", ["exclusiveMinimum"] = 0, ["maximum"] = 1e20, ["multipleOf"] = 5 },
            9 => new JsonObject { ["type"] = "string", ["format"] = chance.One("date-time", "email", "uuid", "byte"), ["pattern"] = "^(a+)+$", ["minLength"] = 1 },
            10 => new JsonObject { ["type"] = "number", ["default"] = 1.5, ["examples"] = new JsonArray(1, 2) },
            11 => new JsonObject { ["description"] = chance.Words() },
            12 => chance.Of(0.5),
            _ => new JsonObject { ["type"] = "boolean", ["title"] = "t", ["deprecated"] = true, ["if"] = new JsonObject(), ["then"] = new JsonObject() },
        };
    }
}
