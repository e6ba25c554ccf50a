using System.Text.Json.Nodes;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>What using a built-in tool adds to an answer.</summary>
/// <param name="Parts">The parts shown.</param>
/// <param name="OutputTokens">Tokens of what the model wrote.</param>
/// <param name="PromptTokens">Tokens of what it read back.</param>
public sealed record ToolUse(IReadOnlyList<JsonObject> Parts, int OutputTokens, int PromptTokens);

/// <summary>The tools Google runs itself.</summary>
public static class BuiltInTools
{
    /// <summary>Whether a request switches a tool on.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">Name of the tool.</param>
    public static bool Has(JsonObject request, string name) => (request["tools"] as JsonArray)?.Any(tool => tool![name] is not null) == true;

    /// <summary>Writes code and runs it.</summary>
    /// <param name="digest">Decides the numbers.</param>
    public static ToolUse RunCode(byte[] digest)
    {
        var code = $"print({digest[2]} + {digest[3]})\n";
        var output = $"{digest[2] + digest[3]}\n";
        return new ToolUse(
            [
                new JsonObject { ["executableCode"] = new JsonObject { ["language"] = "PYTHON", ["code"] = code } },
                new JsonObject { ["codeExecutionResult"] = new JsonObject { ["outcome"] = "OUTCOME_OK", ["output"] = output } },
            ],
            Tokenizer.Count(code),
            Tokenizer.Count(code) + Tokenizer.Count(output));
    }
}
