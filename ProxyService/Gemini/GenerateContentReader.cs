using System.Text.Json;
using System.Text.Unicode;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>Reads Gemini's answers byte by byte. Tolerant: fields may be missing, newer, or of another type.</summary>
internal static class GenerateContentReader
{
    /// <summary>Reads an answer or a stream's event.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="reply">Is cleared and filled; its slices point into <paramref name="json"/>.</param>
    /// <returns>False when it is no JSON object in UTF-8.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, GenerateContentReply reply)
    {
        if (reply.Pattern is not { } pattern)
        {
            return TryParse(json, reply);
        }

        if (pattern.TryRead(json, reply))
        {
            return true;
        }

        pattern.Forget();
        if (!TryParse(json, reply))
        {
            return false;
        }

        pattern.Learn(json, reply);
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> json, GenerateContentReply reply)
    {
        reply.Clear();
        if (!Utf8.IsValid(json))
        {
            return false;
        }

        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                ReadField(ref reader, reply);
            }

            reader.Read();
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // A lone surrogate escape surfaces as InvalidOperationException when a word is decoded.
            return false;
        }
    }

    private static void ReadField(ref Utf8JsonReader reader, GenerateContentReply reply)
    {
        if (reader.IsValue("candidates"u8))
        {
            reply.IsRecognised = true;
            ReadCandidates(ref reader, reply);
        }
        else if (reader.IsValue("usageMetadata"u8))
        {
            reply.IsRecognised = true;
            reader.Read();
            reply.Usage = GeminiUsageReader.Read(ref reader);
        }
        else if (reader.IsValue("modelVersion"u8))
        {
            reply.ModelVersion = ReadWord(ref reader, reply.ModelVersion);
        }
        else if (reader.IsValue("responseId"u8))
        {
            reply.ResponseId = ReadWord(ref reader, reply.ResponseId);
        }
        else if (reader.IsValue("promptFeedback"u8))
        {
            reply.IsRecognised = true;
            ReadPromptFeedback(ref reader, reply);
        }
        else
        {
            reply.IsError |= reader.IsValue("error"u8);
            reader.Read();
            reader.Skip();
        }
    }

    private static void ReadCandidates(ref Utf8JsonReader reader, GenerateContentReply reply)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadCandidate(ref reader, reply);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private static void ReadCandidate(ref Utf8JsonReader reader, GenerateContentReply reply)
    {
        var index = reply.Candidates.Count;
        var reason = FinishReason.Absent;
        string? message = null;
        var metadata = default(CandidateMetadata);
        var firstPart = reply.Parts.Count;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsValue("content"u8))
            {
                ReadContent(ref reader, reply);
            }
            else if (reader.IsValue("finishReason"u8))
            {
                reader.Read();
                reason = FinishReasonWords.Read(ref reader);
                reader.Skip();
            }
            else if (reader.IsValue("finishMessage"u8))
            {
                message = ReadWord(ref reader, null);
            }
            else if (reader.IsValue("index"u8))
            {
                reader.Read();
                index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && number is >= 0 and < 128 ? number : index;
                reader.Skip();
            }
            else if (reader.IsValue("groundingMetadata"u8))
            {
                metadata = metadata with { Grounding = GeminiPartReader.Raw(ref reader) };
            }
            else if (reader.IsValue("citationMetadata"u8))
            {
                metadata = metadata with { Citations = GeminiPartReader.Raw(ref reader) };
            }
            else if (reader.IsValue("logprobsResult"u8))
            {
                metadata = metadata with { LogProbabilities = GeminiPartReader.Raw(ref reader) };
            }
            else if (reader.IsValue("urlContextMetadata"u8))
            {
                metadata = metadata with { UrlContext = GeminiPartReader.Raw(ref reader) };
            }
            else if (reader.IsValue("safetyRatings"u8))
            {
                metadata = metadata with { Safety = GeminiPartReader.Raw(ref reader) };
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        reply.Candidates.Add(new GeminiCandidate(index, reason, message, firstPart, reply.Parts.Count - firstPart, metadata));
    }

    private static void ReadContent(ref Utf8JsonReader reader, GenerateContentReply reply)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isParts = reader.IsValue("parts"u8);
            reader.Read();
            if (!isParts || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                GeminiPartReader.Read(ref reader, reply);
            }
        }
    }

    private static void ReadPromptFeedback(ref Utf8JsonReader reader, GenerateContentReply reply)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsValue("blockReason"u8))
            {
                reply.BlockReason = ReadWord(ref reader, null);
            }
            else if (reader.IsValue("blockReasonMessage"u8))
            {
                reply.BlockMessage = ReadWord(ref reader, null);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        reply.IsBlocked = reply.BlockReason is not null || reply.BlockMessage is not null;
    }

    /// <summary>The string value of the field the reader stands on; the known one when it is the same.</summary>
    private static string? ReadWord(ref Utf8JsonReader reader, string? known)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return known;
        }

        return known is not null && reader.ValueTextEquals(known) ? known : reader.GetString();
    }
}
