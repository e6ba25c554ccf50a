using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>
/// Checks a request against <see cref="WireMessages"/>, which knows no other field, and brings it into one form, as Google's JSON mapping does:
/// camelCase names, no nulls, a lone value of a repeated field as a list, numbers written as strings as numbers, enum values upper-case.
/// </summary>
public static class WireSchema
{
    private const string Package = "type.googleapis.com/google.ai.generativelanguage.v1beta.";

    /// <summary>Checks an object against a message and normalises it in place. Null when it is right.</summary>
    /// <param name="node">The object.</param>
    /// <param name="message">Name of the message.</param>
    /// <param name="path">Where the object stands in the request.</param>
    public static GoogleError? Check(JsonObject node, string message, string path = "")
    {
        var fields = WireMessages.Fields[message];
        foreach (var (given, value) in node.ToArray())
        {
            var name = Camel(given);
            if (!fields.TryGetValue(name, out var type))
            {
                return GoogleError.UnknownField(given, path);
            }

            if (value is null)
            {
                node.Remove(given);
                continue;
            }

            if (name != given)
            {
                if (node.ContainsKey(name))
                {
                    return GoogleError.InvalidArgument($"Invalid value at '{path}' (oneof), oneof field '{Snake(name)}' is already set.", path);
                }

                node.Remove(given);
                node[name] = value;
            }

            var at = path.Length == 0 ? Snake(name) : $"{path}.{Snake(name)}";
            var error = type.EndsWith("[]", StringComparison.Ordinal)
                ? CheckList(node, name, value, type[..^2], at)
                : value is JsonArray && type != "any" ? GoogleError.UnknownField(given, path, "Proto field is not repeating, cannot start list.")
                : CheckValue(node, name, value, type, at);
            if (error is not null)
            {
                return error;
            }
        }

        return null;
    }

    private static GoogleError? CheckList(JsonObject node, string name, JsonNode value, string type, string at)
    {
        if (value is not JsonArray list)
        {
            node.Remove(name);
            node[name] = list = [value];
        }

        for (var i = 0; i < list.Count; i++)
        {
            if (list[i] is not { } element)
            {
                return GoogleError.InvalidArgument($"Invalid value at '{at}[{i}]' ({TypeName(type)}), null", $"{at}[{i}]");
            }

            if (CheckValue(list, i, element, type, $"{at}[{i}]") is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static GoogleError? CheckValue(JsonNode owner, object place, JsonNode value, string type, string at)
    {
        var kind = value.GetValueKind();
        switch (type)
        {
            case "any":
                return null;
            case "string":
                return kind == JsonValueKind.String ? null : Invalid(value, type, at);
            case "bytes":
                return kind == JsonValueKind.String ? CheckBase64(value.GetValue<string>(), at) : Invalid(value, type, at);
            case "bool":
                return kind is JsonValueKind.True or JsonValueKind.False ? null : Invalid(value, type, at);
            case "struct":
                return value is JsonObject ? null : Invalid(value, type, at);
            case "SchemaMap":
                return value is JsonObject map ? CheckMap(map, at) : Invalid(value, type, at);
            case "int" or "number":
                if (Number(value, kind) is not { } number || (type == "int" && (number != Math.Truncate(number) || Math.Abs(number) > int.MaxValue)))
                {
                    return Invalid(value, type, at);
                }

                Put(owner, place, type == "int" ? JsonValue.Create((int)number) : JsonValue.Create(number));
                return null;
        }

        if (WireMessages.Values.TryGetValue(type, out var names))
        {
            var known = kind == JsonValueKind.Number
                ? value.AsValue().TryGetValue(out int index) && index >= 0 && index < names.Length ? names[index] : null
                : kind == JsonValueKind.String ? Array.Find(names, name => name.Equals(value.GetValue<string>(), StringComparison.OrdinalIgnoreCase)) : null;
            if (known is null)
            {
                return Invalid(value, type, at);
            }

            Put(owner, place, JsonValue.Create(known));
            return null;
        }

        return value is JsonObject message ? Check(message, type, at) : Invalid(value, type, at);
    }

    private static GoogleError? CheckMap(JsonObject map, string at)
    {
        foreach (var (name, value) in map)
        {
            var error = value is JsonObject schema ? Check(schema, "Schema", $"{at}[{name}]") : Invalid(value, "Schema", $"{at}[{name}]");
            if (error is not null)
            {
                return error;
            }
        }

        return null;
    }

    private static double? Number(JsonNode value, JsonValueKind kind)
    {
        var text = kind is JsonValueKind.Number ? value.ToJsonString() : kind is JsonValueKind.String ? value.GetValue<string>() : "";
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }

    private static GoogleError? CheckBase64(string text, string at)
    {
        // Google takes both alphabets and does not ask for padding.
        var valid = Base64.IsValid(text) || Base64Url.IsValid(text);
        return valid ? null : GoogleError.InvalidArgument($"Invalid value at '{at}' (TYPE_BYTES), Base64 decoding failed for \"{(text.Length > 64 ? text[..64] : text)}\"", at);
    }

    private static void Put(JsonNode owner, object place, JsonNode value)
    {
        if (owner is JsonArray list)
        {
            list[(int)place] = value;
        }
        else
        {
            owner[(string)place] = value;
        }
    }

    private static GoogleError Invalid(JsonNode? value, string type, string at)
    {
        var shown = value?.ToJsonString() ?? "null";
        return GoogleError.InvalidArgument($"Invalid value at '{at}' ({TypeName(type)}), {(shown.Length > 64 ? shown[..64] : shown)}", at);
    }

    private static string TypeName(string type) => type switch
    {
        "string" => "TYPE_STRING",
        "bytes" => "TYPE_BYTES",
        "bool" => "TYPE_BOOL",
        "int" => "TYPE_INT32",
        "number" => "TYPE_DOUBLE",
        "struct" => "type.googleapis.com/google.protobuf.Struct",
        "SchemaMap" => Package + "Schema.PropertiesEntry",
        _ => Package + type,
    };

    private static string Camel(string name)
    {
        if (!name.Contains('_', StringComparison.Ordinal))
        {
            return name;
        }

        var text = new StringBuilder(name.Length);
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] == '_' && i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1]))
            {
                text.Append(char.ToUpperInvariant(name[++i]));
            }
            else
            {
                text.Append(name[i]);
            }
        }

        return text.ToString();
    }

    private static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            text.Append(char.IsAsciiLetterUpper(c) ? $"_{char.ToLowerInvariant(c)}" : $"{c}");
        }

        return text.ToString();
    }
}
