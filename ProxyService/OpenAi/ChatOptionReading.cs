using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads how much a model shall think.</summary>
internal static class ChatOptionReading
{
    /// <summary>An effort word, the reader standing on it.</summary>
    public static ReasoningEffort? Effort(ref Utf8JsonReader reader, string field)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(field, "a string"));
        }

        return FieldReading.Text(ref reader, field) switch
        {
            "none" => ReasoningEffort.None,
            "minimal" => ReasoningEffort.Minimal,
            "low" => ReasoningEffort.Low,
            "medium" => ReasoningEffort.Medium,
            "high" => ReasoningEffort.High,
            "xhigh" or "max" => ReasoningEffort.ExtraHigh,
            _ => throw FieldReading.Refuse(OpenAiError.InvalidValue(field, $"Invalid '{field}': use none, minimal, low, medium, high or xhigh.")),
        };
    }

    /// <summary><c>reasoning: {"effort": …}</c>, as some clients write it.</summary>
    public static ReasoningEffort? Reasoning(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("reasoning", "an object"));
        }

        ReasoningEffort? effort = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isEffort = reader.ValueTextEquals("effort"u8);
            reader.Read();
            if (isEffort)
            {
                effort = Effort(ref reader, "reasoning.effort");
            }
            else
            {
                reader.Skip();
            }
        }

        return effort;
    }
}
