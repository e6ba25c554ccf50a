using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>What the gateway wants to know of an answer it passes on untouched.</summary>
/// <param name="Usage">The usage reported.</param>
/// <param name="ModelVersion">The model that answered.</param>
/// <param name="IsError">Whether it is an error object.</param>
/// <param name="IsLast">Whether a candidate has its finish reason: usually nothing follows.</param>
/// <param name="ContentBytes">Bytes of text and of calls in it: what an answer that is cut off is estimated by.</param>
internal readonly record struct NativeReply(GeminiUsage? Usage, string? ModelVersion, bool IsError, bool IsLast, int ContentBytes)
{
    /// <summary>Reads an answer or a stream's event.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>Null when it is no JSON object.</returns>
    public static NativeReply? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            var reply = default(NativeReply);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                reply = reply.With(ref reader);
            }

            reader.Read();
            return reply;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private NativeReply With(ref Utf8JsonReader reader)
    {
        if (reader.IsValue("usageMetadata"u8))
        {
            reader.Read();
            return this with { Usage = GeminiUsageReader.Read(ref reader) ?? Usage };
        }

        if (reader.IsValue("modelVersion"u8))
        {
            reader.Read();
            return reader.TokenType == JsonTokenType.String ? this with { ModelVersion = reader.GetString() } : Skip(ref reader);
        }

        if (reader.IsValue("candidates"u8))
        {
            reader.Read();
            var isLast = HasFinishReason(ref reader, out var contentBytes);
            return this with { IsLast = isLast, ContentBytes = contentBytes };
        }

        var isError = reader.IsValue("error"u8);
        reader.Read();
        reader.Skip();
        return this with { IsError = IsError || isError };
    }

    private NativeReply Skip(ref Utf8JsonReader reader)
    {
        reader.Skip();
        return this;
    }

    private static bool HasFinishReason(ref Utf8JsonReader reader, out int contentBytes)
    {
        contentBytes = 0;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return false;
        }

        var found = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                found |= reader.IsValue("finishReason"u8);
                var isContent = reader.IsValue("content"u8);
                reader.Read();
                if (isContent)
                {
                    contentBytes += LengthOf(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
        }

        return found;
    }

    /// <summary>Goes to the end of a candidate's content and counts its texts and calls; media cost by other measures than their size.</summary>
    private static int LengthOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return 0;
        }

        var depth = reader.CurrentDepth;
        var length = 0;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var (isText, isCall) = (reader.IsValue("text"u8), reader.IsValue("functionCall"u8));
            var goesDeeper = reader.IsValue("parts"u8);
            reader.Read();
            var start = reader.TokenStartIndex;
            if (!goesDeeper)
            {
                reader.Skip();
                length += (isText && reader.TokenType == JsonTokenType.String) || isCall ? (int)(reader.BytesConsumed - start) : 0;
            }
        }

        return length;
    }
}
