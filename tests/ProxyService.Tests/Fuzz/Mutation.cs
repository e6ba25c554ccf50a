using System.Text;
using System.Text.Json.Nodes;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>Makes requests wrong: in their values, or in their bytes.</summary>
internal static class Mutation
{
    private static readonly string[] Fields = ["model", "messages", "content", "role", "tools", "type", "input", "google", "api_key", "base_url", "thought_signature", "extra_content", "$defs", "__proto__"];

    /// <summary>Changes values somewhere in a document.</summary>
    public static void Values(JsonObject root, Chance chance)
    {
        for (var i = 0; i < 1 + chance.Below(3); i++)
        {
            var place = Pick(root, chance);
            switch (place)
            {
                case JsonObject { Count: > 0 } found when chance.Of(0.8):
                    var name = found.ElementAt(chance.Below(found.Count)).Key;
                    if (chance.Of(0.3))
                    {
                        found.Remove(name);
                    }
                    else
                    {
                        found[name] = Value(chance, found[name]);
                    }

                    break;
                case JsonObject found:
                    found[chance.Of(0.7) ? chance.One<string>(Fields) : chance.Odd()] = Value(chance, null);
                    break;
                case JsonArray { Count: > 0 } list when chance.Of(0.7):
                    var index = chance.Below(list.Count);
                    list[index] = Value(chance, list[index]);
                    break;
                case JsonArray list:
                    list.Add(Value(chance, null));
                    break;
            }
        }
    }

    /// <summary>Changes bytes.</summary>
    public static byte[] Bytes(byte[] body, Chance chance)
    {
        var bytes = new List<byte>(body);
        for (var i = 0; i < 1 + chance.Below(4) && bytes.Count > 0; i++)
        {
            var at = chance.Below(bytes.Count);
            switch (chance.Below(6))
            {
                case 0:
                    bytes[at] = (byte)chance.Below(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + chance.Below(20)));
                    break;
                case 2:
                    bytes.InsertRange(at, chance.Bytes(1 + chance.Below(8)));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + chance.Below(200))));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(chance.One("{", "}", "[", "\"", "\\ud800", "\\u0000", ",", ":", "null", "1e400", "-0", "//", "\u2028")));
                    break;
            }
        }

        return [.. bytes];
    }

    private static JsonNode Pick(JsonNode root, Chance chance)
    {
        var node = root;
        while (chance.Of(0.75))
        {
            var inner = node switch
            {
                JsonObject found => found.Select(property => property.Value).Where(value => value is JsonObject or JsonArray).ToList(),
                JsonArray list => list.Where(value => value is JsonObject or JsonArray).ToList(),
                _ => [],
            };
            if (inner.Count == 0)
            {
                break;
            }

            node = inner[chance.Below(inner.Count)]!;
        }

        return node;
    }

    private static JsonNode? Value(Chance chance, JsonNode? before) => chance.Below(12) switch
    {
        0 => null,
        1 => true,
        2 => chance.Odd(),
        3 => new JsonObject(),
        4 => new JsonArray(),
        5 => chance.One(0, -1, int.MaxValue, 3, 257),
        6 => chance.One(1e300, -1e-300, 0.5, 99.9),
        7 => new JsonArray(before?.DeepClone(), before?.DeepClone()),
        8 => new JsonObject { [chance.One<string>(Fields)] = before?.DeepClone() },
        9 => JsonValue.Create(long.MinValue),
        10 => chance.Words(),
        _ => before?.ToJsonString() is { Length: < 10_000 } text ? text : "text",
    };
}
