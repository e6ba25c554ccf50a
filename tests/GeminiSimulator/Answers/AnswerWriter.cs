using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>Writes an answer in the wire shapes of <c>generateContent</c> and <c>streamGenerateContent</c>.</summary>
public static class AnswerWriter
{
    private const int CharactersPerEvent = 24;

    /// <summary>The body of a unary answer.</summary>
    /// <param name="answer">The answer.</param>
    public static JsonObject Unary(Answer answer)
    {
        var list = new JsonArray();
        for (var i = 0; i < answer.Candidates; i++)
        {
            list.Add(Candidate(answer, answer.Parts.Select(part => part.DeepClone()), i, last: true));
        }

        return Envelope(answer, list, Times(answer.Output, answer.Candidates));
    }

    /// <summary>The events of a stream: text in slices, usage cumulative on each, the finish reason on each candidate's last, candidates in turn.</summary>
    /// <param name="answer">The answer.</param>
    public static IEnumerable<JsonObject> Events(Answer answer)
    {
        var slices = answer.Parts.SelectMany(Slices).ToList();
        var count = Math.Max(1, slices.Count);
        var told = 0;
        for (var i = 0; i < count; i++)
        {
            var last = i == count - 1;
            told += i < slices.Count && slices[i]["thought"] is null ? Tokenizer.CountParts([slices[i].DeepClone()]).Total : 0;
            for (var candidate = 0; candidate < answer.Candidates; candidate++)
            {
                IEnumerable<JsonNode> parts = i < slices.Count ? [slices[i].DeepClone()] : [];
                var output = last ? Times(answer.Output, answer.Candidates) : new TokenCount(Math.Min(told, answer.Output.Total) * answer.Candidates);
                yield return Envelope(answer, [Candidate(answer, parts, candidate, last)], output);
            }
        }
    }

    /// <summary>The body that says a prompt was blocked.</summary>
    /// <param name="answer">The answer it would have been.</param>
    public static JsonObject Blocked(Answer answer) => new()
    {
        ["promptFeedback"] = new JsonObject { ["blockReason"] = "SAFETY", ["safetyRatings"] = Ratings("HIGH", blocked: true) },
        ["usageMetadata"] = new JsonObject { ["promptTokenCount"] = answer.Prompt.Total, ["totalTokenCount"] = answer.Prompt.Total, ["promptTokensDetails"] = answer.Prompt.ToDetails() },
        ["modelVersion"] = answer.Version,
        ["responseId"] = answer.ResponseId,
    };

    private static IEnumerable<JsonObject> Slices(JsonObject part)
    {
        if (part["text"]?.GetValue<string>() is not { Length: > 0 } text)
        {
            yield return part;
            yield break;
        }

        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(CharactersPerEvent, text.Length - at);
            length += at + length < text.Length && char.IsHighSurrogate(text[at + length - 1]) ? 1 : 0;
            var slice = new JsonObject { ["text"] = text.Substring(at, length) };
            if (part["thought"] is not null)
            {
                slice["thought"] = true;
            }

            yield return slice;
            at += length;
        }

        // In a stream the signature of a text comes after it, on a part without words.
        if (part["thoughtSignature"] is { } signature)
        {
            yield return new JsonObject { ["text"] = "", ["thoughtSignature"] = signature.DeepClone() };
        }
    }

    private static JsonObject Candidate(Answer answer, IEnumerable<JsonNode> parts, int index, bool last)
    {
        var content = new JsonObject();
        var list = new JsonArray([.. parts]);
        if (list.Count > 0)
        {
            content["parts"] = list;
        }

        content["role"] = "model";
        var candidate = new JsonObject { ["content"] = content };
        if (last)
        {
            candidate["finishReason"] = answer.FinishReason;
            if (answer.FinishMessage is { } message)
            {
                candidate["finishMessage"] = message;
            }

            if (answer.FinishReason is "SAFETY")
            {
                candidate["safetyRatings"] = Ratings("HIGH", blocked: true);
            }

            if (answer.Grounding is { } grounding)
            {
                candidate["groundingMetadata"] = grounding.DeepClone();
            }
        }

        // Google leaves a zero out.
        if (index > 0)
        {
            candidate["index"] = index;
        }

        return candidate;
    }

    private static JsonArray Ratings(string probability, bool blocked) =>
        [new JsonObject { ["category"] = "HARM_CATEGORY_DANGEROUS_CONTENT", ["probability"] = probability, ["blocked"] = blocked }];

    private static JsonObject Envelope(Answer answer, JsonArray candidates, TokenCount output)
    {
        var usage = new JsonObject { ["promptTokenCount"] = answer.Prompt.Total };
        if (output.Total > 0)
        {
            usage["candidatesTokenCount"] = output.Total;
        }

        usage["totalTokenCount"] = answer.Prompt.Total + output.Total + answer.ThoughtsTokens + answer.ToolTokens;
        usage["promptTokensDetails"] = answer.Prompt.ToDetails();
        if (output.Total > 0)
        {
            usage["candidatesTokensDetails"] = output.ToDetails();
        }

        if (answer.ToolTokens > 0)
        {
            usage["toolUsePromptTokenCount"] = answer.ToolTokens;
            usage["toolUsePromptTokensDetails"] = new TokenCount(answer.ToolTokens).ToDetails();
        }

        if (answer.ThoughtsTokens > 0)
        {
            usage["thoughtsTokenCount"] = answer.ThoughtsTokens;
        }

        return new JsonObject { ["candidates"] = candidates, ["usageMetadata"] = usage, ["modelVersion"] = answer.Version, ["responseId"] = answer.ResponseId };
    }

    private static TokenCount Times(TokenCount count, int candidates) => new(count.Text * candidates, count.Image * candidates, count.Audio * candidates);
}
