using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>The top-level fields that few requests have. Taken in whole; what the gateway does not know is skipped, as OpenAI's clients send much of it.</summary>
internal static class RareFields
{
    private const int MostChoices = 8;

    /// <summary>Reads the value of such a field, or skips it.</summary>
    /// <param name="reader">Stands on the field's name.</param>
    /// <param name="body">The body being read.</param>
    /// <param name="name">The name; empty when it is none of the known ones.</param>
    /// <param name="request">Gets what it says.</param>
    /// <param name="choice">Gets the name of the field that chose among the tools.</param>
    public static void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, scoped ReadOnlySpan<char> name, ChatRequest request, ref string? choice)
    {
        switch (name)
        {
            case "n":
                request.Choices = (int)(FieldReading.Integer(ref reader, "n", 1, MostChoices) ?? 1);
                break;
            case "logprobs":
                request.LogProbabilities = FieldReading.Boolean(ref reader, "logprobs") ?? false;
                break;
            case "top_logprobs":
                request.TopLogProbabilities = (int?)FieldReading.Integer(ref reader, "top_logprobs", 0, 20);
                break;
            case "logit_bias":
                if (FieldReading.SkipAndTellWhetherSet(ref reader))
                {
                    throw FieldReading.Refuse(OpenAiError.Unsupported("logit_bias", "Gemini has no 'logit_bias'; leaving it out would change the answer."));
                }

                break;
            case "tools":
                ToolReader.ReadTools(FieldReading.Element(ref reader, body, "tools"), request);
                break;
            case "functions":
                ToolReader.ReadFunctions(FieldReading.Element(ref reader, body, "functions"), request);
                break;
            case "tool_choice" or "function_call":
                var field = name.ToString();
                if (ToolChoiceReader.Read(FieldReading.Element(ref reader, body, field), field) is { } chosen)
                {
                    (request.Tools.Choice, choice) = (chosen, field);
                }

                break;
            case "parallel_tool_calls":
                request.Tools.Parallel = FieldReading.Boolean(ref reader, "parallel_tool_calls") ?? true;
                break;
            case "response_format":
                request.Format = ResponseFormatReader.Read(FieldReading.Element(ref reader, body, "response_format"));
                break;
            case "modalities":
                ChatOptionReading.Modalities(FieldReading.Element(ref reader, body, "modalities"), request);
                break;
            case "audio":
                request.Audio = ChatOptionReading.Audio(FieldReading.Element(ref reader, body, "audio"));
                break;
            case "web_search_options":
                // An empty object already asks for a search.
                reader.Read();
                request.Tools.BuiltIn |= reader.TokenType switch
                {
                    JsonTokenType.Null => BuiltInTools.None,
                    JsonTokenType.StartObject => BuiltInTools.Search,
                    _ => throw FieldReading.Refuse(OpenAiError.WrongType("web_search_options", "an object")),
                };
                reader.Skip();
                break;
            case "google":
                GoogleOptionsReader.Read(FieldReading.Element(ref reader, body, "google"), "google", request);
                break;
            case "extra_body":
                GoogleOptionsReader.ReadExtraBody(FieldReading.Element(ref reader, body, "extra_body"), "extra_body", request);
                break;
            case "service_tier":
                ChatOptionReading.ServiceTier(FieldReading.OptionalText(ref reader, "service_tier"), request);
                break;
            default:
                reader.Read();
                reader.Skip();
                break;
        }
    }
}
