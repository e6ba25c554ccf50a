using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>What the simulated model says to a request: the same for the same request, with the usage it really has.</summary>
/// <param name="Parts">The parts of each candidate.</param>
/// <param name="FinishReason">Why it ended.</param>
/// <param name="Prompt">Tokens of the request.</param>
/// <param name="Output">Tokens of one candidate without thoughts.</param>
/// <param name="ThoughtsTokens">Tokens of thinking.</param>
/// <param name="ResponseId">The answer's id.</param>
/// <param name="Version">The model that answered.</param>
public sealed record Answer(IReadOnlyList<JsonObject> Parts, string FinishReason, TokenCount Prompt, TokenCount Output, int ThoughtsTokens, string ResponseId, string Version)
{
    /// <summary>How many candidates; they say the same.</summary>
    public int Candidates { get; init; } = 1;

    /// <summary>Tokens of what built-in tools put into the prompt.</summary>
    public int ToolTokens { get; init; }

    /// <summary><c>groundingMetadata</c>, when the model searched.</summary>
    public JsonObject? Grounding { get; init; }

    /// <summary><c>finishMessage</c>, when the reason needs one.</summary>
    public string? FinishMessage { get; init; }

    /// <summary>Makes the answer.</summary>
    /// <param name="request">A request that passed every check.</param>
    /// <param name="model">The model asked.</param>
    /// <param name="prompt">Its prompt tokens.</param>
    public static Answer To(JsonObject request, ModelProfile model, TokenCount prompt)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(model.Name + request.ToJsonString()));
        var config = request["generationConfig"] as JsonObject;
        var thinking = config?["thinkingConfig"] as JsonObject;
        var most = (int?)config?["maxOutputTokens"] ?? model.OutputTokenLimit;
        var thoughts = Math.Min(Thinking.Tokens(thinking, model), most);
        var answer = new Answer([], "STOP", prompt, default, thoughts, Convert.ToBase64String(digest, 0, 15).Replace('+', '-').Replace('/', '_'), model.Version)
        {
            Candidates = (int?)config?["candidateCount"] ?? 1,
        };
        var before = thoughts > 0 && (bool?)thinking?["includeThoughts"] == true ? new[] { Thinking.Summary() } : [];
        if (FunctionCalls.For(request, model, digest) is { Count: > 0 } calls)
        {
            var cost = calls.Sum(call => Tokenizer.Count(call["functionCall"]!.ToJsonString()));
            return cost > most - thoughts
                ? answer with { Parts = before, FinishReason = "MAX_TOKENS" }
                : answer with { Parts = [.. before, .. calls], Output = new TokenCount(cost) };
        }

        if (MediaParts.For(model, config, Wording.Asked(request), digest) is { } media)
        {
            return answer with { Parts = media.Parts, Output = media.Tokens };
        }

        return answer.Saying(request, config, model, digest, before, most - thoughts);
    }

    private Answer Saying(JsonObject request, JsonObject? config, ModelProfile model, byte[] digest, JsonObject[] before, int most)
    {
        var searched = BuiltInTools.Has(request, "googleSearch") || BuiltInTools.Has(request, "googleSearchRetrieval");
        var code = BuiltInTools.Has(request, "codeExecution") ? BuiltInTools.RunCode(digest) : null;
        var text = config?["responseMimeType"]?.GetValue<string>() == "application/json"
            ? SchemaExample.For(config["responseJsonSchema"] ?? config["responseSchema"])
            : Wording.Answer(request, digest, searched);
        foreach (var stop in config?["stopSequences"] as JsonArray ?? [])
        {
            var at = text.IndexOf(stop!.GetValue<string>(), StringComparison.Ordinal);
            text = at < 0 ? text : text[..at];
        }

        var reason = "STOP";
        if (Tokenizer.Count(text) > most)
        {
            text = Tokenizer.Cut(text, most);
            reason = "MAX_TOKENS";
        }

        var parts = new List<JsonObject>(before);
        parts.AddRange(code?.Parts ?? []);
        if (text.Length > 0)
        {
            var part = new JsonObject { ["text"] = text };
            if (model.EnforcesSignatures)
            {
                part["thoughtSignature"] = ThoughtSignature.Make(digest);
            }

            parts.Add(part);
        }

        return this with
        {
            Parts = parts,
            FinishReason = reason,
            Output = new TokenCount(Tokenizer.Count(text) + (code?.OutputTokens ?? 0)),
            ToolTokens = code?.PromptTokens ?? 0,
            Grounding = searched ? Answers.Grounding.For(text, Wording.Asked(request), digest) : null,
        };
    }
}
