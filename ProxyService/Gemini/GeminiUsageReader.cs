using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>Reads <c>usageMetadata</c>. Any field may be missing; the details may disagree with the totals, so totals never come from them.</summary>
internal static class GeminiUsageReader
{
    /// <summary>The usage object the reader stands on; null when it is none.</summary>
    public static GeminiUsage? Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        long prompt = 0, candidates = 0, thoughts = 0, cached = 0, toolUse = 0, promptAudio = 0, candidatesAudio = 0;
        long? total = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsValue("promptTokenCount"u8))
            {
                prompt = Count(ref reader);
            }
            else if (reader.IsValue("candidatesTokenCount"u8))
            {
                candidates = Count(ref reader);
            }
            else if (reader.IsValue("totalTokenCount"u8))
            {
                total = Count(ref reader);
            }
            else if (reader.IsValue("thoughtsTokenCount"u8))
            {
                thoughts = Count(ref reader);
            }
            else if (reader.IsValue("cachedContentTokenCount"u8))
            {
                cached = Count(ref reader);
            }
            else if (reader.IsValue("toolUsePromptTokenCount"u8))
            {
                toolUse = Count(ref reader);
            }
            else if (reader.IsValue("promptTokensDetails"u8) || reader.IsValue("toolUsePromptTokensDetails"u8))
            {
                promptAudio += Audio(ref reader);
            }
            else if (reader.IsValue("candidatesTokensDetails"u8))
            {
                candidatesAudio = Audio(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return new GeminiUsage(prompt, candidates, thoughts, cached, toolUse, total ?? prompt + toolUse + candidates + thoughts, promptAudio, candidatesAudio);
    }

    private static long Count(ref Utf8JsonReader reader)
    {
        reader.Read();
        var count = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value > 0 ? value : 0;
        reader.Skip();
        return count;
    }

    private static long Audio(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return 0;
        }

        long audio = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var isAudio = false;
            long count = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.IsValue("tokenCount"u8))
                {
                    count = Count(ref reader);
                    continue;
                }

                var isModality = reader.IsValue("modality"u8);
                reader.Read();
                isAudio |= isModality && reader.TokenType == JsonTokenType.String && reader.IsValue("AUDIO"u8);
                reader.Skip();
            }

            audio += isAudio ? count : 0;
        }

        return audio;
    }
}
