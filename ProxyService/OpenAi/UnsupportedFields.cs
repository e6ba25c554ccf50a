using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>
/// Fields the gateway does not translate. Where leaving one out would change the answer's meaning it is refused by name;
/// where it would not, it is left out, with a warning if a client could miss it.
/// </summary>
internal static class UnsupportedFields
{
    /// <summary>Reads the value of such a field, or of an unknown one.</summary>
    /// <param name="reader">Stands on the field's name.</param>
    /// <param name="name">The name; empty when it is none of the known ones.</param>
    /// <param name="request">Gets the warnings.</param>
    public static void Read(ref Utf8JsonReader reader, scoped ReadOnlySpan<char> name, ChatRequest request)
    {
        switch (name)
        {
            case "n":
                if (FieldReading.Integer(ref reader, "n", 1, 128) > 1)
                {
                    throw FieldReading.Refuse(OpenAiError.Invalid("unsupported_value", "Only one choice per request ('n': 1) is supported.", "n"));
                }

                break;
            case "logprobs":
                RefuseIf(FieldReading.Boolean(ref reader, "logprobs") == true, "logprobs");
                break;
            case "top_logprobs":
                RefuseIf(FieldReading.Integer(ref reader, "top_logprobs", 0, 20) > 0, "top_logprobs");
                break;
            case "logit_bias" or "tools" or "functions" or "audio" or "google" or "extra_body":
                RefuseIf(FieldReading.SkipAndTellWhetherSet(ref reader), name);
                break;
            case "web_search_options":
                // An empty object already asks for a search.
                reader.Read();
                RefuseIf(reader.TokenType != JsonTokenType.Null, name);
                break;
            case "tool_choice" or "function_call":
                ReadToolChoice(ref reader, name);
                break;
            case "response_format":
                ReadResponseFormat(ref reader);
                break;
            case "modalities":
                ReadModalities(ref reader);
                break;
            case "prediction":
                WarnIf(FieldReading.SkipAndTellWhetherSet(ref reader), name, request);
                break;
            case "service_tier":
                reader.Read();
                WarnIf(reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals("auto"u8) && !reader.ValueTextEquals("default"u8), name, request);
                reader.Skip();
                break;
            default:
                reader.Read();
                reader.Skip();
                break;
        }
    }

    private static void ReadToolChoice(ref Utf8JsonReader reader, scoped ReadOnlySpan<char> name)
    {
        reader.Read();
        var harmless = reader.TokenType == JsonTokenType.Null
            || (reader.TokenType == JsonTokenType.String && (reader.ValueTextEquals("auto"u8) || reader.ValueTextEquals("none"u8)));
        RefuseIf(!harmless, name);
    }

    private static void ReadResponseFormat(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("response_format", "an object"));
        }

        var isText = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            isText |= isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("text"u8);
            reader.Skip();
        }

        RefuseIf(!isText, "response_format");
    }

    private static void ReadModalities(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("modalities", "an array of strings"));
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            RefuseIf(reader.TokenType != JsonTokenType.String || !reader.ValueTextEquals("text"u8), "modalities");
        }
    }

    private static void RefuseIf(bool refused, scoped ReadOnlySpan<char> name)
    {
        if (refused)
        {
            var field = name.ToString();
            throw FieldReading.Refuse(OpenAiError.Unsupported(field, $"The gateway does not support '{field}' yet; leaving it out would change the answer."));
        }
    }

    private static void WarnIf(bool set, scoped ReadOnlySpan<char> name, ChatRequest request)
    {
        if (set)
        {
            request.Warnings.Add($"{name} was ignored");
        }
    }
}
