using System.Text.Json;

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
            if (reader.ValueTextEquals("promptTokenCount"u8))
            {
                prompt = Count(ref reader);
            }
            else if (reader.ValueTextEquals("candidatesTokenCount"u8))
            {
                candidates = Count(ref reader);
            }
            else if (reader.ValueTextEquals("totalTokenCount"u8))
            {
                total = Count(ref reader);
            }
            else if (reader.ValueTextEquals("thoughtsTokenCount"u8))
            {
                thoughts = Count(ref reader);
            }
            else if (reader.ValueTextEquals("cachedContentTokenCount"u8))
            {
                cached = Count(ref reader);
            }
            else if (reader.ValueTextEquals("toolUsePromptTokenCount"u8))
            {
                toolUse = Count(ref reader);
            }
            else if (reader.ValueTextEquals("promptTokensDetails"u8) || reader.ValueTextEquals("toolUsePromptTokensDetails"u8))
            {
                promptAudio += Audio(ref reader);
            }
            else if (reader.ValueTextEquals("candidatesTokensDetails"u8))
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
                if (reader.ValueTextEquals("tokenCount"u8))
                {
                    count = Count(ref reader);
                    continue;
                }

                var isModality = reader.ValueTextEquals("modality"u8);
                reader.Read();
                isAudio |= isModality && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("AUDIO"u8);
                reader.Skip();
            }

            audio += isAudio ? count : 0;
        }

        return audio;
    }
}
