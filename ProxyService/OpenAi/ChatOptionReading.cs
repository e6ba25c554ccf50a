using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads options whose words mean something.</summary>
internal static class ChatOptionReading
{
    /// <summary>An effort word, the reader standing on it.</summary>
    public static ReasoningEffort? Effort(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        return reader.TokenType == JsonTokenType.String ? Effort(FieldReading.Text(ref reader, field), field) : throw FieldReading.Refuse(OpenAiError.WrongType(field, "a string"));
    }

    /// <summary>What an effort word means.</summary>
    public static ReasoningEffort Effort(string word, string field) => word switch
    {
        "none" => ReasoningEffort.None,
        "minimal" => ReasoningEffort.Minimal,
        "low" => ReasoningEffort.Low,
        "medium" => ReasoningEffort.Medium,
        "high" => ReasoningEffort.High,
        "xhigh" or "max" => ReasoningEffort.ExtraHigh,
        _ => throw FieldReading.Refuse(OpenAiError.InvalidValue(field, $"Invalid '{field}': use none, minimal, low, medium, high or xhigh.")),
    };

    /// <summary><c>top_k</c>: 0 and less are how many clients say that there is no limit.</summary>
    public static int? TopK(long? value, ChatRequest request)
    {
        if (value is not <= 0)
        {
            return (int?)value;
        }

        request.Warn($"top_k {value} was left out: the model takes 1 and more");
        return null;
    }

    /// <summary><c>modalities</c>.</summary>
    public static void Modalities(JsonElement modalities, ChatRequest request)
    {
        if (modalities.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (modalities.ValueKind != JsonValueKind.Array)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("modalities", "an array of strings"));
        }

        foreach (var modality in modalities.EnumerateArray())
        {
            AddModality(modality.ValueKind == JsonValueKind.String ? modality.GetString()! : throw FieldReading.Refuse(OpenAiError.WrongType("modalities", "an array of strings")), "modalities", request);
        }
    }

    /// <summary>Adds one kind of output.</summary>
    public static void AddModality(string word, string field, ChatRequest request) => request.Modalities |= word switch
    {
        "text" => OutputModalities.None,
        "image" => OutputModalities.Image,
        "audio" => OutputModalities.Audio,
        _ => throw FieldReading.Refuse(OpenAiError.InvalidValue(field, $"Invalid '{field}': use text, image or audio.")),
    };

    /// <summary><c>audio</c>.</summary>
    public static AudioOutput? Audio(JsonElement audio)
    {
        if (audio.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (audio.ValueKind != JsonValueKind.Object)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("audio", "an object"));
        }

        var format = Optional(audio, "format");
        if (format is not (null or "wav" or "pcm16"))
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("unsupported_value", "Invalid 'audio.format': use wav or pcm16.", "audio.format"));
        }

        return new AudioOutput(Optional(audio, "voice"), format);

        static string? Optional(JsonElement holder, string name) => holder.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value.ValueKind == JsonValueKind.String ? value.GetString() : throw FieldReading.Refuse(OpenAiError.WrongType($"audio.{name}", "a string"))
            : null;
    }

    /// <summary><c>service_tier</c>, as Gemini calls it.</summary>
    public static void ServiceTier(string? tier, ChatRequest request)
    {
        request.ServiceTier = tier switch
        {
            "default" => "standard",
            "flex" or "priority" => tier,
            _ => null,
        };
        if (tier is "scale" or "fast")
        {
            request.Warn($"service_tier {tier} is not known to Gemini and was ignored");
        }
    }
}
