using System.Globalization;
using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes <c>generationConfig</c>: how the answer is to be made.</summary>
internal static class GenerationConfigWriter
{
    private const double HighestPenalty = 1.99;

    /// <summary>Writes it.</summary>
    /// <param name="writer">Gets it.</param>
    /// <param name="request">The request; gets a warning for everything left out.</param>
    /// <param name="body">The body it was read from.</param>
    /// <param name="profile">What the model understands.</param>
    /// <param name="options">What the gateway adds.</param>
    /// <param name="jsonInWords">Whether the answer's form is asked for in words instead.</param>
    /// <exception cref="RequestRefusedException">The model cannot do what is asked, and leaving it out would change the answer's meaning.</exception>
    public static void Write(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, ModelProfile profile, TranslationOptions options, bool jsonInWords)
    {
        writer.WriteStartObject("generationConfig"u8);
        WriteSampling(writer, request, profile, options);
        if (request.Choices > 1)
        {
            if (request.Choices > profile.MostCandidates || options.Learned.HasFlag(LearnedLimits.Candidates))
            {
                throw new RequestRefusedException(OpenAiError.Invalid("unsupported_value", "This model gives one choice per request ('n': 1).", "n"));
            }

            writer.WriteNumber("candidateCount"u8, request.Choices);
        }

        if (request.MaxTokens > profile.OutputLimit)
        {
            request.Warn("the token limit was lowered to the most the model can answer");
        }

        WriteIfSet(writer, "maxOutputTokens"u8, request.MaxTokens is { } most && profile.OutputLimit is { } limit ? Math.Min(most, limit) : request.MaxTokens);
        if (request.Seed is { } seed && !options.Learned.HasFlag(LearnedLimits.Seed))
        {
            // Gemini's seed has 32 bits.
            var folded = unchecked((int)seed) & int.MaxValue;
            if (folded != seed)
            {
                request.Warn($"seed was changed to {folded}: the model's has 31 bits");
            }

            writer.WriteNumber("seed"u8, folded);
        }

        WriteStops(writer, request, body);
        WriteLogProbabilities(writer, request, options);
        if (!jsonInWords)
        {
            WriteFormat(writer, request);
        }

        WriteModalities(writer, request, profile);
        WriteMediaResolution(writer, request, profile, options);
        if (!options.Learned.HasFlag(LearnedLimits.Thinking) && ThinkingConfig.For(request, profile.Thinking, options) is { } thinking)
        {
            WriteThinking(writer, thinking);
        }

        writer.WriteEndObject();
    }

    private static void WriteSampling(Utf8JsonWriter writer, ChatRequest request, ModelProfile profile, TranslationOptions options)
    {
        if (!profile.IgnoresSampling && !options.Learned.HasFlag(LearnedLimits.Sampling))
        {
            WriteIfSet(writer, "temperature"u8, request.Temperature);
            if (request.TopP == 0)
            {
                request.Warn("top_p 0 was left out: the model takes more than 0 only");
            }

            WriteIfSet(writer, "topP"u8, request.TopP == 0 ? null : request.TopP);
            WriteIfSet(writer, "topK"u8, request.TopK);
        }
        else if (request.Temperature is not null || request.TopP is not null || request.TopK is not null)
        {
            request.Warn("the model ignores temperature, top_p and top_k");
        }

        WritePenalty(writer, "presencePenalty"u8, "presence_penalty", request.PresencePenalty, request, profile, options);
        WritePenalty(writer, "frequencyPenalty"u8, "frequency_penalty", request.FrequencyPenalty, request, profile, options);
    }

    private static void WritePenalty(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string field, double? value, ChatRequest request, ModelProfile profile, TranslationOptions options)
    {
        if (value is null or 0)
        {
            return;
        }

        if (profile.RefusesPenalties || options.Learned.HasFlag(LearnedLimits.Penalties))
        {
            request.Warn($"the model does not support {field}");
            return;
        }

        // Gemini's range leaves its upper end out.
        if (value > HighestPenalty)
        {
            request.Warn($"{field} was lowered to {HighestPenalty.ToString(CultureInfo.InvariantCulture)}, the most the model takes");
        }

        writer.WriteNumber(name, Math.Min(value.Value, HighestPenalty));
    }

    private static void WriteStops(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body)
    {
        if (request.Stop.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("stopSequences"u8);
        foreach (var stop in request.Stop)
        {
            writer.WriteRawValue(stop.In(body), skipInputValidation: true);
        }

        writer.WriteEndArray();
    }

    private static void WriteLogProbabilities(Utf8JsonWriter writer, ChatRequest request, TranslationOptions options)
    {
        if (!request.LogProbabilities)
        {
            return;
        }

        if (options.Learned.HasFlag(LearnedLimits.LogProbabilities))
        {
            throw new RequestRefusedException(OpenAiError.Unsupported("logprobs", "This model gives no log probabilities."));
        }

        writer.WriteBoolean("responseLogprobs"u8, true);
        WriteIfSet(writer, "logprobs"u8, request.TopLogProbabilities);
    }

    private static void WriteFormat(Utf8JsonWriter writer, ChatRequest request)
    {
        if (request.Format is null)
        {
            return;
        }

        writer.WriteString("responseMimeType"u8, "application/json"u8);
        if (request.Format is ResponseFormat.JsonSchema schema)
        {
            writer.WritePropertyName("responseJsonSchema"u8);
            SchemaCleaner.Write(writer, schema.Schema, schema.Field, request, new SchemaAllowance());
        }
    }

    private static void WriteModalities(Utf8JsonWriter writer, ChatRequest request, ModelProfile profile)
    {
        var google = request.Google;
        if (profile.Speaks || request.Modalities.HasFlag(OutputModalities.Audio))
        {
            // A model that speaks does nothing else, asked or not.
            if (!profile.Speaks)
            {
                throw new RequestRefusedException(OpenAiError.Invalid("unsupported_value", "This model does not speak: leave 'audio' out of 'modalities'.", "modalities"));
            }

            // The head of a WAVE file tells the length of what follows, which nobody knows while it is spoken.
            if (request.Stream && request.Audio?.Format == "wav")
            {
                throw new RequestRefusedException(OpenAiError.Invalid("unsupported_value", "Invalid 'audio.format': speech is streamed as pcm16.", "audio.format"));
            }

            writer.WriteStartArray("responseModalities"u8);
            writer.WriteStringValue("AUDIO"u8);
            writer.WriteEndArray();
        }
        else if (request.Modalities.HasFlag(OutputModalities.Image))
        {
            if (!profile.DrawsImages)
            {
                throw new RequestRefusedException(OpenAiError.Invalid("unsupported_value", "This model does not draw: leave 'image' out of 'modalities'.", "modalities"));
            }

            writer.WriteStartArray("responseModalities"u8);
            writer.WriteStringValue("TEXT"u8);
            writer.WriteStringValue("IMAGE"u8);
            writer.WriteEndArray();
        }

        if (profile.Speaks && (google.Voice ?? Voices.ForGemini(request.Audio?.Voice)) is { } voice)
        {
            writer.WriteStartObject("speechConfig"u8);
            writer.WriteStartObject("voiceConfig"u8);
            writer.WriteStartObject("prebuiltVoiceConfig"u8);
            writer.WriteString("voiceName"u8, voice);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        if (google.AspectRatio is null && google.ImageSize is null)
        {
            return;
        }

        if (!profile.DrawsImages)
        {
            request.Warn("the model does not draw: image_config was ignored");
            return;
        }

        writer.WriteStartObject("imageConfig"u8);
        WriteIfSet(writer, "aspectRatio"u8, google.AspectRatio);
        WriteIfSet(writer, "imageSize"u8, google.ImageSize);
        writer.WriteEndObject();
    }

    /// <summary>Older models know one resolution for all images: it is said when the images agree on it.</summary>
    private static void WriteMediaResolution(Utf8JsonWriter writer, ChatRequest request, ModelProfile profile, TranslationOptions options)
    {
        if (options.Learned.HasFlag(LearnedLimits.MediaResolution))
        {
            return;
        }

        var resolution = request.Google.MediaResolution;
        if (resolution is null && !profile.MixesTools)
        {
            MediaDetail? agreed = null;
            var asked = false;
            foreach (var part in request.Parts)
            {
                if (part.Media is { } media && (media.MimeType is { } type ? MediaTypes.IsImage(type) : media.MustBeImage))
                {
                    agreed = agreed is null || agreed == media.Detail ? media.Detail : MediaDetail.Auto;
                    asked |= media.Detail != MediaDetail.Auto;
                }
            }

            if (asked && agreed == MediaDetail.Auto)
            {
                request.Warn("the model knows one detail for all images: as they ask for different ones, it was left out");
            }

            resolution = agreed switch { MediaDetail.Low => "LOW", MediaDetail.High => "HIGH", _ => null };
        }

        if (resolution is not null)
        {
            writer.WriteString("mediaResolution"u8, "MEDIA_RESOLUTION_" + resolution);
        }
    }

    private static void WriteThinking(Utf8JsonWriter writer, ThinkingConfig thinking)
    {
        writer.WriteStartObject("thinkingConfig"u8);
        WriteIfSet(writer, "thinkingBudget"u8, thinking.Budget);
        WriteIfSet(writer, "thinkingLevel"u8, thinking.Level);
        if (thinking.IncludeThoughts is { } include)
        {
            writer.WriteBoolean("includeThoughts"u8, include);
        }

        writer.WriteEndObject();
    }

    private static void WriteIfSet(Utf8JsonWriter writer, ReadOnlySpan<byte> name, double? value)
    {
        if (value is not null)
        {
            writer.WriteNumber(name, value.Value);
        }
    }

    private static void WriteIfSet(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int? value)
    {
        if (value is not null)
        {
            writer.WriteNumber(name, value.Value);
        }
    }

    private static void WriteIfSet(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
