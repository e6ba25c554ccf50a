using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads Google's own options, in snake or camel case, under <c>google</c>, <c>extra_body.google</c>, or <c>extra_body.extra_body.google</c>.</summary>
internal static class GoogleOptionsReader
{
    private static readonly string[] Thresholds = ["HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"];
    private static readonly string[] Categories = ["HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT", "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY"];

    /// <summary>Reads <c>extra_body</c>.</summary>
    public static void ReadExtraBody(JsonElement extra, string field, ChatRequest request)
    {
        if (!IsObject(extra, field))
        {
            return;
        }

        foreach (var property in extra.EnumerateObject())
        {
            var path = $"{field}.{property.Name}";
            if (property.NameEquals("google"u8))
            {
                Read(property.Value, path, request);
            }
            else if (property.NameEquals("extra_body"u8) && field.Length < 20)
            {
                ReadExtraBody(property.Value, path, request);
            }
            else
            {
                Ignored(path, request);
            }
        }
    }

    /// <summary>Reads <c>google</c>.</summary>
    public static void Read(JsonElement google, string field, ChatRequest request)
    {
        if (!IsObject(google, field))
        {
            return;
        }

        foreach (var property in google.EnumerateObject())
        {
            var path = $"{field}.{property.Name}";
            var value = property.Value;
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            switch (Snake(property.Name))
            {
                case "thinking_config":
                    ReadThinking(value, path, request);
                    break;
                case "cached_content":
                    request.Google.CachedContent = Text(value, path) is { } name && name.StartsWith("cachedContents/", StringComparison.Ordinal) ? name : throw FieldReading.Refuse(OpenAiError.InvalidValue(path, $"Invalid '{path}': expected a name such as cachedContents/abc."));
                    break;
                case "safety_settings":
                    ReadSafety(value, path, request);
                    break;
                case "image_config":
                    ReadImage(value, path, request);
                    break;
                case "media_resolution":
                    var resolution = Text(value, path).ToUpperInvariant().Replace("MEDIA_RESOLUTION_", "", StringComparison.Ordinal);
                    request.Google.MediaResolution = resolution is "LOW" or "MEDIUM" or "HIGH" ? resolution : throw FieldReading.Refuse(OpenAiError.InvalidValue(path, $"Invalid '{path}': use low, medium or high."));
                    break;
                case "response_modalities":
                    foreach (var modality in Items(value, path))
                    {
                        ChatOptionReading.AddModality(Text(modality, path).ToLowerInvariant(), path, request);
                    }

                    break;
                case "speech_config":
                    request.Google.Voice = Voice(value, path, request);
                    break;
                case "tools":
                    ReadTools(value, path, request);
                    break;
                case "include_metadata":
                    request.Google.IncludeMetadata = Boolean(value, path);
                    break;
                default:
                    Ignored(path, request);
                    break;
            }
        }
    }

    private static void ReadThinking(JsonElement thinking, string field, ChatRequest request)
    {
        foreach (var property in Properties(thinking, field))
        {
            var path = $"{field}.{property.Name}";
            if (property.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            switch (Snake(property.Name))
            {
                case "thinking_budget":
                    request.Google.ThinkingBudget = property.Value.ValueKind == JsonValueKind.Number && property.Value.TryGetInt32(out var budget)
                        ? budget >= -1 ? budget : throw FieldReading.Refuse(OpenAiError.Invalid("integer_below_min_value", $"Invalid '{path}': expected a value of at least -1.", path))
                        : throw FieldReading.Refuse(OpenAiError.WrongType(path, "an integer"));
                    break;
                case "thinking_level":
                    request.Google.ThinkingLevel = ChatOptionReading.Effort(Text(property.Value, path).ToLowerInvariant(), path);
                    break;
                case "include_thoughts":
                    request.Google.IncludeThoughts = Boolean(property.Value, path);
                    break;
                default:
                    Ignored(path, request);
                    break;
            }
        }

        if (request.Google is { ThinkingBudget: not null, ThinkingLevel: not null })
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue(field, $"Invalid '{field}': give a budget or a level, not both."));
        }
    }

    private static void ReadSafety(JsonElement settings, string field, ChatRequest request)
    {
        var result = new List<SafetySetting>();
        foreach (var setting in Items(settings, field))
        {
            var path = $"{field}[{result.Count}]";
            string? category = null, threshold = null;
            foreach (var property in Properties(setting, path))
            {
                var word = Text(property.Value, $"{path}.{property.Name}").ToUpperInvariant();
                category = property.NameEquals("category"u8) ? word.StartsWith("HARM_CATEGORY_", StringComparison.Ordinal) ? word : "HARM_CATEGORY_" + word : category;
                threshold = property.NameEquals("threshold"u8) ? word : threshold;
            }

            if (!Categories.Contains(category) || !Thresholds.Contains(threshold))
            {
                throw FieldReading.Refuse(OpenAiError.InvalidValue(path, $"Invalid '{path}': expected a known category and threshold of Gemini."));
            }

            result.Add(new SafetySetting(category!, threshold!));
        }

        request.Google.SafetySettings = result;
    }

    private static void ReadImage(JsonElement image, string field, ChatRequest request)
    {
        foreach (var property in Properties(image, field))
        {
            var path = $"{field}.{property.Name}";
            switch (Snake(property.Name))
            {
                case "aspect_ratio":
                    request.Google.AspectRatio = Text(property.Value, path);
                    break;
                case "image_size":
                    request.Google.ImageSize = Text(property.Value, path);
                    break;
                default:
                    Ignored(path, request);
                    break;
            }
        }
    }

    private static void ReadTools(JsonElement tools, string field, ChatRequest request)
    {
        foreach (var tool in Items(tools, field))
        {
            foreach (var property in Properties(tool, field))
            {
                request.Tools.BuiltIn |= Snake(property.Name) switch
                {
                    "google_search" => BuiltInTools.Search,
                    "code_execution" => BuiltInTools.CodeExecution,
                    "url_context" => BuiltInTools.UrlContext,
                    "google_maps" => BuiltInTools.Maps,
                    _ => throw FieldReading.Refuse(OpenAiError.InvalidValue(field, $"Invalid '{field}': use google_search, code_execution, url_context or google_maps; functions go into 'tools'.")),
                };
            }
        }
    }

    private static string? Voice(JsonElement speech, string field, ChatRequest request)
    {
        string? found = null;
        foreach (var property in Properties(speech, field))
        {
            var name = Snake(property.Name);
            if (name is "voice_config" or "prebuilt_voice_config")
            {
                found = Voice(property.Value, $"{field}.{property.Name}", request) ?? found;
            }
            else if (name == "voice_name")
            {
                found = Text(property.Value, $"{field}.{property.Name}");
            }
            else
            {
                Ignored($"{field}.{property.Name}", request);
            }
        }

        return found;
    }

    private static string Snake(string name)
    {
        var result = new System.Text.StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c))
            {
                result.Append('_').Append(char.ToLowerInvariant(c));
            }
            else
            {
                result.Append(c);
            }
        }

        return result.ToString();
    }

    private static bool IsObject(JsonElement value, string field) =>
        value.ValueKind != JsonValueKind.Null && (value.ValueKind == JsonValueKind.Object ? true : throw FieldReading.Refuse(OpenAiError.WrongType(field, "an object")));

    private static JsonElement.ObjectEnumerator Properties(JsonElement value, string field) => IsObject(value, field) ? value.EnumerateObject() : default;

    private static JsonElement.ArrayEnumerator Items(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw FieldReading.Refuse(OpenAiError.WrongType(field, "an array"));

    private static string Text(JsonElement value, string field) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw FieldReading.Refuse(OpenAiError.WrongType(field, "a string"));

    private static bool Boolean(JsonElement value, string field) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw FieldReading.Refuse(OpenAiError.WrongType(field, "a boolean"));

    private static void Ignored(string path, ChatRequest request) => request.Warn($"{(path.Length > 100 ? path[..100] : path)} is not known and was ignored");
}
