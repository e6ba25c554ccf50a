using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes a chat completion request as Gemini's <c>generateContent</c> request. Texts and media are copied as they stand.</summary>
internal static class GenerateContentWriter
{
    private static JsonWriterOptions Options => new() { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the request.</summary>
    /// <param name="request">The checked request; gets a warning for everything left out or changed.</param>
    /// <param name="body">The bytes it was read from.</param>
    /// <param name="profile">What the model understands.</param>
    /// <param name="options">What the gateway says about the translation.</param>
    /// <param name="target">Gets the JSON.</param>
    /// <exception cref="RequestRefusedException">The model cannot do what is asked, and leaving it out would change the answer's meaning.</exception>
    public static void Write(ChatRequest request, ReadOnlySpan<byte> body, ModelProfile profile, TranslationOptions options, IBufferWriter<byte> target)
    {
        using var writer = new Utf8JsonWriter(target, Options);
        writer.WriteStartObject();
        var jsonInWords = SaysJsonInWords(request, profile, options);
        var plan = SystemPlan.For(
            request,
            profile.RefusesSystemInstruction || options.Learned.HasFlag(LearnedLimits.SystemInstruction),
            options.SystemText is { } added ? JsonText.Quote(added) : null,
            jsonInWords ? JsonText.Quote(FormatInWords(request)) : null);
        WriteSystemInstruction(writer, request, body, plan);
        new ContentsWriter(writer, request, body, profile, options, plan).Write();
        ToolsWriter.Write(writer, request, profile, options);
        WriteSafety(writer, request, options);
        GenerationConfigWriter.Write(writer, request, body, profile, options, jsonInWords);
        if (request.Google.CachedContent is { } cached)
        {
            writer.WriteString("cachedContent"u8, cached);
        }

        if (request.ServiceTier is { } tier)
        {
            writer.WriteString("serviceTier"u8, tier);
        }

        writer.WriteEndObject();
    }

    private static void WriteSystemInstruction(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, SystemPlan plan)
    {
        if (!plan.AsInstruction)
        {
            return;
        }

        writer.WriteStartObject("systemInstruction"u8);
        writer.WriteStartArray("parts"u8);
        PartWriter.WriteSystem(writer, request, body, plan);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>Models before Gemini 3 refuse a demand for JSON beside tools of any kind.</summary>
    private static bool SaysJsonInWords(ChatRequest request, ModelProfile profile, TranslationOptions options)
    {
        if (request.Format is null || profile.MixesTools)
        {
            return false;
        }

        // Without an instruction there is no place for the words either.
        if (profile is { RefusesTools: true, RefusesSystemInstruction: true })
        {
            throw new RequestRefusedException(OpenAiError.Unsupported("response_format", $"The model '{request.Model}' does not answer in JSON on demand: ask for it in the messages."));
        }

        if (request.Tools.Functions.Count == 0 && ToolsWriter.BuiltIn(request, options) == BuiltInTools.None)
        {
            return false;
        }

        if (options.RefuseJsonWithTools)
        {
            throw new RequestRefusedException(OpenAiError.Invalid("unsupported_value", "This model does not answer in JSON when it has tools: leave 'response_format' or 'tools' out.", "response_format"));
        }

        request.Warn("the model does not take response_format beside tools: the form was asked for in the system instruction");
        return true;
    }

    private static string FormatInWords(ChatRequest request)
    {
        if (request.Format is not ResponseFormat.JsonSchema schema)
        {
            return "Unless you call a function, answer with one JSON object and nothing else.";
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            SchemaCleaner.Write(writer, schema.Schema, schema.Field, request, new SchemaAllowance());
        }

        return "Unless you call a function, answer with JSON that follows this JSON schema, and nothing else:\n" + Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteSafety(Utf8JsonWriter writer, ChatRequest request, TranslationOptions options)
    {
        var settings = request.Google.SafetySettings;
        if (settings is not { Count: > 0 } && options.SafetyThreshold is null && options.Safety == default)
        {
            return;
        }

        writer.WriteStartArray("safetySettings"u8);
        if (settings is { Count: > 0 })
        {
            foreach (var setting in settings)
            {
                WriteSafety(writer, setting.Category, setting.Threshold);
            }
        }
        else
        {
            WriteSafety(writer, "HARM_CATEGORY_HARASSMENT", options.Safety.Harassment ?? options.SafetyThreshold);
            WriteSafety(writer, "HARM_CATEGORY_HATE_SPEECH", options.Safety.HateSpeech ?? options.SafetyThreshold);
            WriteSafety(writer, "HARM_CATEGORY_SEXUALLY_EXPLICIT", options.Safety.SexuallyExplicit ?? options.SafetyThreshold);
            WriteSafety(writer, "HARM_CATEGORY_DANGEROUS_CONTENT", options.Safety.DangerousContent ?? options.SafetyThreshold);
        }

        writer.WriteEndArray();
    }

    private static void WriteSafety(Utf8JsonWriter writer, string category, string? threshold)
    {
        if (threshold is null)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("category"u8, category);
        writer.WriteString("threshold"u8, threshold);
        writer.WriteEndObject();
    }
}
