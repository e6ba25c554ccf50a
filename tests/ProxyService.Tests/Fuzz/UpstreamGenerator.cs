using System.Text;
using System.Text.Json.Nodes;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>Answers of Gemini: recorded ones and made ones, as they are, mutated or cut; and the plain requests they answer.</summary>
internal static class UpstreamGenerator
{
    private static readonly byte[][] Streams = [.. Recorded.Names("streaming-success-*.txt").Select(Recorded.Bytes)];
    private static readonly byte[][] Answers = [.. Recorded.Names("unary-success-*.json").Select(Recorded.Bytes).Where(answer => Encoding.UTF8.GetString(answer).Contains("\"candidates\"", StringComparison.Ordinal))];

    /// <summary>The request of a seed, with the answer it shall get.</summary>
    public static FuzzRequest Request(int number)
    {
        var chance = new Chance(number);
        var mark = $"fuzz-{number}-";
        var streams = chance.Of(0.7);
        var isNative = chance.Of(0.3);
        var asArray = isNative && streams && chance.Of(0.5);
        var path = !isNative ? "/v1/chat/completions" : streams ? "/v1beta/models/gemini-2.5-flash:streamGenerateContent" + (asArray ? "" : "?alt=sse") : "/v1beta/models/gemini-2.5-flash:generateContent";
        JsonObject body = isNative
            ? new() { ["contents"] = new JsonArray(new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["text"] = mark }) }) }
            : new() { ["model"] = "gemini-2.5-flash", ["stream"] = streams, ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = mark }), ["stream_options"] = streams ? new JsonObject { ["include_usage"] = chance.Of(0.5) } : null };
        return new FuzzRequest(path, Encoding.UTF8.GetBytes(body.ToJsonString())) { Upstream = Spoil(Answer(chance, streams, asArray), chance) };
    }

    private static byte[] Answer(Chance chance, bool streams, bool asArray) =>
        !streams ? chance.Of(0.4) ? chance.One(Answers) : Encoding.UTF8.GetBytes(Reply(chance, last: true).ToJsonString())
        : !asArray && chance.Of(0.3) ? chance.One(Streams)
        : Encoding.UTF8.GetBytes(Stream(chance, asArray));

    private static string Stream(Chance chance, bool asArray)
    {
        var lineEnd = chance.One("\r\n", "\n", "\r\n");
        var count = 1 + chance.Below(6);
        var events = Enumerable.Range(0, count).Select(i => Reply(chance, last: i == count - 1).ToJsonString());
        return asArray ? "[" + string.Join(lineEnd + ",", events) + lineEnd + "]" : string.Concat(events.Select(data => $"{chance.One("data: ", "data:")}{data}{lineEnd}{lineEnd}"));
    }

    private static JsonObject Reply(Chance chance, bool last)
    {
        var candidate = new JsonObject { ["content"] = new JsonObject { ["role"] = "model", ["parts"] = new JsonArray([.. Enumerable.Range(0, 1 + chance.Below(3)).Select(_ => (JsonNode)Part(chance))]) } };
        if (last || chance.Of(0.1))
        {
            candidate["finishReason"] = chance.One("STOP", "STOP", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "FAKE_ENUM", "MALFORMED_FUNCTION_CALL");
        }

        if (chance.Of(0.1))
        {
            candidate["index"] = chance.Below(3);
        }

        var reply = new JsonObject { ["candidates"] = new JsonArray(candidate), ["modelVersion"] = "gemini-2.5-flash-001" };
        if (last || chance.Of(0.3))
        {
            reply["usageMetadata"] = new JsonObject { ["promptTokenCount"] = chance.Below(1000), ["candidatesTokenCount"] = chance.Below(1000), ["thoughtsTokenCount"] = chance.Below(9) };
        }

        return reply;
    }

    private static JsonObject Part(Chance chance) => chance.Below(8) switch
    {
        0 => new() { ["text"] = chance.Words(), ["thought"] = true },
        1 => new() { ["functionCall"] = new JsonObject { ["name"] = chance.One("f", "_1st", "名前"), ["args"] = new JsonObject { ["a"] = chance.Words(), ["b"] = null } }, ["thoughtSignature"] = chance.Base64(40) },
        2 => new() { ["inlineData"] = new JsonObject { ["mimeType"] = "image/png", ["data"] = chance.Base64(90) } },
        3 => new() { ["executableCode"] = new JsonObject { ["language"] = "PYTHON", ["code"] = "print(\"x\")" } },
        4 => new() { ["toolCall"] = new JsonObject { ["id"] = "1" } },
        5 => [],
        _ => new() { ["text"] = chance.Words() },
    };

    private static byte[] Spoil(byte[] answer, Chance chance) => chance.Below(10) switch
    {
        < 5 => answer,
        < 7 => Mutation.Bytes(answer, chance),
        7 => answer[..chance.Below(answer.Length)],
        8 => [.. answer, .. Encoding.UTF8.GetBytes(chance.One("\r\n{\"error\":{\"code\":499,\"message\":\"m\",\"status\":\"CANCELLED\"}}", "data: {\"error\":{\"code\":503,\"message\":\"m\",\"status\":\"UNAVAILABLE\"}}\n\n", "\u0000", ": comment\n\n", "[DONE]"))],
        _ => chance.One<Func<byte[]>>(() => "<html><body>Sorry...</body></html>"u8.ToArray(), () => [], () => "{}"u8.ToArray(), () => chance.Bytes(1 + chance.Below(2000)), () => "[]"u8.ToArray())(),
    };
}
