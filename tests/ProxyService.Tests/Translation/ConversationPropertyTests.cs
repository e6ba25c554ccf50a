using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Translation;

/// <summary>Any valid conversation keeps its roles, their order, its texts, and which result answers which call.</summary>
public sealed class ConversationPropertyTests
{
    private static readonly Gen<string> Text = Gen.String[Gen.Char["abcxyz\n\"\\é中 <\t"], 1, 30];

    private static readonly Gen<JsonObject[]> Step = Gen.Select(Gen.Int[1, 3], Text, Gen.Bool).Select((calls, text, reversed) =>
    {
        var ids = Enumerable.Range(0, calls).Select(_ => Guid.CreateVersion7().ToString()).ToArray();
        var caller = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = text,
            ["tool_calls"] = new JsonArray([.. ids.Select((id, i) => new JsonObject { ["id"] = id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = $"f{i}", ["arguments"] = new JsonObject { ["t"] = text }.ToJsonString() } })]),
        };
        var results = ids.Select(id => new JsonObject { ["role"] = "tool", ["tool_call_id"] = id, ["content"] = "result of " + id });
        return (JsonObject[])[caller, .. reversed ? results.Reverse() : results];
    });

    private static readonly Gen<JsonObject[]> Turn = Gen.OneOf(
        Step,
        Text.Select(text => new[] { new JsonObject { ["role"] = "user", ["content"] = text } }),
        Text.Select(text => new[] { new JsonObject { ["role"] = "assistant", ["content"] = text } }),
        Text.Select(text => new[] { new JsonObject { ["role"] = "system", ["content"] = text } }));

    [Fact]
    public void Conversation_SurvivesTheTranslation() => Turn.Array[0, 8].Sample(
        turns =>
        {
            JsonObject[] messages = [new JsonObject { ["role"] = "user", ["content"] = "begin" }, .. turns.SelectMany(turn => turn)];
            var written = Translated.Request(new JsonObject { ["model"] = "gemini-2.5-flash", ["messages"] = new JsonArray([.. messages.Select(message => message.DeepClone())]) }.ToJsonString());
            return Same(Said(messages), Read(written));
        },
        iter: 300,
        print: turns => JsonSerializer.Serialize(turns));

    private static bool Same(IReadOnlyList<string> expected, IReadOnlyList<string> actual)
    {
        Assert.Equal(expected, actual);
        return true;
    }

    /// <summary>What the client said, one line per text, call and result; results in the order of their calls.</summary>
    private static List<string> Said(JsonObject[] messages)
    {
        var lines = messages.Where(message => (string)message["role"]! == "system").Select(message => "system: " + (string)message["content"]!).ToList();
        for (var i = 0; i < messages.Length; i++)
        {
            switch ((string)messages[i]["role"]!)
            {
                case "user":
                    lines.Add("user: " + (string)messages[i]["content"]!);
                    break;
                case "assistant":
                    lines.Add("model: " + (string)messages[i]["content"]!);
                    var calls = messages[i]["tool_calls"]?.AsArray() ?? [];
                    lines.AddRange(calls.Select(call => $"call {(string)call!["id"]!} {(string)call["function"]!["name"]!} {(string)call["function"]!["arguments"]!}"));
                    lines.AddRange(calls.Select(call => $"result {(string)call!["id"]!} {(string)call["function"]!["name"]!} result of {(string)call["id"]!}"));
                    break;
            }
        }

        return lines;
    }

    private static List<string> Read(JsonNode written)
    {
        var lines = (written["systemInstruction"]?["parts"]?.AsArray() ?? []).Select(part => "system: " + (string)part!["text"]!).ToList();
        foreach (var content in written["contents"]!.AsArray())
        {
            foreach (var part in content!["parts"]!.AsArray())
            {
                lines.Add(part!["functionCall"] is { } call ? $"call {(string)call["id"]!} {(string)call["name"]!} {call["args"]!.ToJsonString()}"
                    : part["functionResponse"] is { } result ? $"result {(string)result["id"]!} {(string)result["name"]!} {(string)result["response"]!["output"]!}"
                    : $"{(string)content["role"]!}: {(string)part["text"]!}");
            }
        }

        return lines;
    }
}
