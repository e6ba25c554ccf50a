using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Wire;

/// <summary>The ranges of <c>generationConfig</c>, and what each model does not take.</summary>
internal static class GenerationRules
{
    private const int MaximumStops = 5;

    private static readonly string[] MimeTypes = ["text/plain", "application/json", "application/xml", "application/yaml", "text/x.enum"];

    public static GoogleError? Check(JsonObject? config, ModelProfile model)
    {
        if (config is null)
        {
            return null;
        }

        return CheckSampling(config)
            ?? CheckLength(config, model)
            ?? CheckCandidates(config, model)
            ?? CheckFormat(config, model)
            ?? CheckThinking(config["thinkingConfig"] as JsonObject, model);
    }

    private static GoogleError? CheckSampling(JsonObject config)
    {
        if (Number(config, "temperature") is < 0 or > 2)
        {
            return OutOfRange("temperature", "must be in the range [0.0, 2.0].");
        }

        if (Number(config, "topP") is <= 0 or > 1)
        {
            return OutOfRange("top_p", "must be in the range (0.0, 1.0].");
        }

        return Number(config, "topK") is < 1 ? OutOfRange("top_k", "must be positive.") : null;
    }

    private static GoogleError? CheckLength(JsonObject config, ModelProfile model)
    {
        if (Number(config, "maxOutputTokens") is { } most && (most < 1 || most > model.OutputTokenLimit))
        {
            return OutOfRange("max_output_tokens", $"must be in the range [1, {model.OutputTokenLimit}].");
        }

        var stops = config["stopSequences"] as JsonArray;
        if (stops?.Count > MaximumStops)
        {
            return OutOfRange("stop_sequences", $"at most {MaximumStops} stop sequences are allowed.");
        }

        return stops?.Any(stop => stop!.GetValue<string>().Length == 0) == true ? OutOfRange("stop_sequences", "must not be empty.") : null;
    }

    private static GoogleError? CheckCandidates(JsonObject config, ModelProfile model)
    {
        if (Number(config, "candidateCount") is { } candidates && (candidates < 1 || candidates > model.MaximumCandidates))
        {
            return candidates > 1 && model.MaximumCandidates == 1
                ? GoogleError.InvalidArgument($"Multiple candidates is not enabled for models/{model.Name}", "generation_config.candidate_count")
                : OutOfRange("candidate_count", $"must be in the range [1, {model.MaximumCandidates}].");
        }

        foreach (var (field, shown) in ((string, string)[])[("presencePenalty", "presence_penalty"), ("frequencyPenalty", "frequency_penalty")])
        {
            if (Number(config, field) is { } penalty && penalty != 0)
            {
                if (!model.Penalties)
                {
                    return GoogleError.InvalidArgument($"Penalty is not enabled for models/{model.Name}");
                }

                if (penalty is < -2 or >= 2)
                {
                    return OutOfRange(shown, "must be in the range [-2.0, 2.0).");
                }
            }
        }

        return config["logprobs"] is not null || (bool?)config["responseLogprobs"] == true
            ? GoogleError.InvalidArgument($"Logprobs is not enabled for models/{model.Name}")
            : null;
    }

    private static GoogleError? CheckFormat(JsonObject config, ModelProfile model)
    {
        var mime = config["responseMimeType"]?.GetValue<string>() ?? "";
        if (mime.Length > 0 && !MimeTypes.Contains(mime))
        {
            return OutOfRange("response_mime_type", "allowed mimetypes are `text/plain`, `application/json`, `application/xml`, `application/yaml` and `text/x.enum`.");
        }

        if (mime is "application/json" && !model.Tools)
        {
            return GoogleError.InvalidArgument($"JSON mode is not enabled for models/{model.Name}");
        }

        var schema = config["responseSchema"] as JsonObject;
        if (schema is not null && config["responseJsonSchema"] is not null)
        {
            return OutOfRange("response_schema", "only one of response_schema and response_json_schema can be set.");
        }

        if ((schema ?? config["responseJsonSchema"]) is not null && mime is "" or "text/plain")
        {
            return OutOfRange("response_schema", "response schema is only allowed with a response mime type of `application/json`.");
        }

        foreach (var modality in config["responseModalities"] as JsonArray ?? [])
        {
            if (!model.Modalities.Contains(modality!.GetValue<string>()))
            {
                return GoogleError.InvalidArgument($"Model does not support the requested response modalities: {modality.GetValue<string>().ToLowerInvariant()}");
            }
        }

        return schema is null ? null : SchemaRules.Check(schema, "generation_config.response_schema");
    }

    private static GoogleError? CheckThinking(JsonObject? thinking, ModelProfile model)
    {
        if (thinking is null || thinking.Count == 0)
        {
            return null;
        }

        if (model.Thinking == ThinkingControl.None)
        {
            return GoogleError.InvalidArgument("Thinking is not enabled for this model.");
        }

        var level = thinking["thinkingLevel"]?.GetValue<string>();
        var budget = (int?)thinking["thinkingBudget"];
        if (level is not null && budget is not null)
        {
            return GoogleError.InvalidArgument("You can only set only one of thinking budget and thinking level.");
        }

        if (level is not null && (model.Thinking != ThinkingControl.Level || !model.Levels!.Contains(level)))
        {
            return GoogleError.InvalidArgument($"Thinking level {(model.Thinking == ThinkingControl.Level ? level + " " : "")}is not supported for this model.");
        }

        if (budget is not { } tokens)
        {
            return null;
        }

        if (!model.AcceptsBudget)
        {
            return GoogleError.InvalidArgument("Thinking budget is not supported for this model.");
        }

        var inRange = tokens == -1 || (tokens == 0 && model.CanDisableThinking) || (tokens >= model.BudgetMinimum && tokens <= model.BudgetMaximum);
        return inRange ? null : GoogleError.InvalidArgument(tokens == 0
            ? "Budget 0 is invalid. This model only works in thinking mode."
            : $"The thinking budget {tokens} is invalid. Please choose a value between {model.BudgetMinimum} and {model.BudgetMaximum}.");
    }

    private static GoogleError OutOfRange(string field, string why) =>
        GoogleError.InvalidArgument($"* GenerateContentRequest.generation_config.{field}: {why}\n", "generation_config." + field);

    private static double? Number(JsonObject config, string name) => config[name] is JsonValue value
        ? value.TryGetValue(out int whole) ? whole : value.GetValue<double>()
        : null;
}
