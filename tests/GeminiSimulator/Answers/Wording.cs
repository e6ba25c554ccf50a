using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>The text of an answer.</summary>
public static class Wording
{
    private const int LongestEcho = 80;
    private const int LongestWish = 200_000;

    private static readonly string[] Words =
        "the gateway answers every request with care while keys rest and quotas refill so that programs never wait for long and operators sleep well".Split(' ');

    /// <summary>The last text a user said; empty for none.</summary>
    /// <param name="request">The request.</param>
    public static string Asked(JsonObject request)
    {
        var contents = (JsonArray)request["contents"]!;
        for (var i = contents.Count - 1; i >= 0; i--)
        {
            if (contents[i]!["role"]?.GetValue<string>() != "model")
            {
                return Text(contents[i]) is { Length: > 0 } text ? text : Results(contents[i]!);
            }
        }

        return "";
    }

    /// <summary>
    /// Repeats the end of what was asked, so that a test sees its own words, says whether there was a system instruction, and goes on in a way the digest decides.
    /// A text with <c>[words:N]</c> gets N words instead, for long answers and streams.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="digest">Decides the words.</param>
    /// <param name="searched">Whether to add a sentence that was looked up; its characters outside ASCII make byte offsets differ from character offsets.</param>
    public static string Answer(JsonObject request, byte[] digest, bool searched)
    {
        var asked = Asked(request);
        if (Wish(asked) is { } wish)
        {
            return string.Join(' ', Enumerable.Range(0, wish).Select(i => Words[(digest[i % 32] + i) % Words.Length]));
        }

        var instruction = Text(request["systemInstruction"]);
        return (instruction.Length > 0 ? $"As instructed: {Tail(instruction)}\n" : "")
            + $"You said: {Tail(asked)}\n"
            + string.Join(' ', Enumerable.Range(0, 12).Select(i => Words[digest[i] % Words.Length])) + "."
            + (searched ? $"\nIt is {digest[0] % 40}°C in 北京 now. The humidity is {digest[1] % 100}%." : "");
    }

    private static string Text(JsonNode? content)
    {
        var text = "";
        foreach (var part in content?["parts"] as JsonArray ?? [])
        {
            text = part!["text"]?.GetValue<string>() ?? text;
        }

        return text;
    }

    private static string Results(JsonNode content)
    {
        var results = ((JsonArray)content["parts"]!).Where(part => part!["functionResponse"] is not null);
        return string.Join(", ", results.Select(part => $"{part!["functionResponse"]!["name"]} gave {part["functionResponse"]!["response"]?.ToJsonString()}"));
    }

    private static string Tail(string text)
    {
        if (text.Length <= LongestEcho)
        {
            return text;
        }

        var start = text.Length - LongestEcho;
        return text[(char.IsLowSurrogate(text[start]) ? start + 1 : start)..];
    }

    private static int? Wish(string asked)
    {
        const string mark = "[words:";
        var start = asked.IndexOf(mark, StringComparison.Ordinal);
        var end = start < 0 ? -1 : asked.IndexOf(']', start);
        return end > 0 && int.TryParse(asked.AsSpan(start + mark.Length, end - start - mark.Length), out var words) ? Math.Clamp(words, 1, LongestWish) : null;
    }
}
