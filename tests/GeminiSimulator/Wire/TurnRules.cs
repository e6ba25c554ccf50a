using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Answers;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>How contents must follow each other: calls and their results, thought signatures, who speaks last.</summary>
internal static class TurnRules
{
    public static GoogleError? Check(JsonArray contents, ModelProfile model)
    {
        for (var i = 0; i < contents.Count; i++)
        {
            var calls = Count(contents[i]!, "functionCall");
            var results = Count(contents[i]!, "functionResponse");
            var callsBefore = i == 0 ? 0 : Count(contents[i - 1]!, "functionCall");
            if (calls > 0 && (i == 0 || IsModel(contents[i - 1]!)))
            {
                return GoogleError.InvalidArgument("Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
            }

            if (results > 0 && callsBefore == 0)
            {
                return GoogleError.InvalidArgument("Please ensure that function response turn comes immediately after a function call turn.");
            }

            if (callsBefore != results)
            {
                return GoogleError.InvalidArgument("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.");
            }
        }

        return (model.EnforcesSignatures ? CheckSignatures(contents) : null)
            ?? (IsModel(contents[^1]!) && !model.TrailingModelTurn ? GoogleError.InvalidArgument("Requests ending with a model turn are not supported.") : null);
    }

    /// <summary>Only the current turn counts: what the model said after the last thing a user really said.</summary>
    private static GoogleError? CheckSignatures(JsonArray contents)
    {
        var start = contents.Count - 1;
        while (start >= 0 && (IsModel(contents[start]!) || Count(contents[start]!, "functionResponse") > 0))
        {
            start--;
        }

        for (var i = start + 1; i < contents.Count; i++)
        {
            var first = true;
            foreach (var part in (JsonArray)contents[i]!["parts"]!)
            {
                var signature = part!["thoughtSignature"]?.GetValue<string>();
                if (signature is not null && !ThoughtSignature.IsValid(signature))
                {
                    return GoogleError.InvalidArgument("Corrupted thought signature.");
                }

                if (part["functionCall"] is { } call)
                {
                    if (first && signature is null)
                    {
                        return GoogleError.InvalidArgument($"Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call `default_api:{call["name"]}` , position {i + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.");
                    }

                    first = false;
                }
            }
        }

        return null;
    }

    private static bool IsModel(JsonNode content) => content["role"]?.GetValue<string>() == "model";

    private static int Count(JsonNode content, string field)
    {
        var count = 0;
        foreach (var part in (JsonArray)content["parts"]!)
        {
            count += part![field] is null ? 0 : 1;
        }

        return count;
    }
}
