using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>An answer of <c>batchEmbedContents</c>. Vectors are slices of the bytes it was read from: JSON arrays of numbers.</summary>
internal sealed class EmbeddingReply
{
    /// <summary>The vectors, in the order of the texts.</summary>
    public List<JsonSlice> Vectors { get; } = [];

    /// <summary>Tokens of the texts; null when the upstream did not say.</summary>
    public long? Tokens { get; private set; }

    /// <summary>Reads an answer.</summary>
    /// <param name="json">The JSON.</param>
    /// <returns>Null when it is no answer of this kind.</returns>
    public static EmbeddingReply? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reply = new EmbeddingReply();
            var reader = new Utf8JsonReader(json);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            var recognised = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.IsValue("embeddings"u8))
                {
                    recognised = reply.ReadVectors(ref reader);
                }
                else if (reader.IsValue("usageMetadata"u8))
                {
                    reply.ReadUsage(ref reader);
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            reader.Read();
            return recognised ? reply : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private bool ReadVectors(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return false;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException("An embedding is an object.");
            }

            var vector = default(JsonSlice);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isValues = reader.IsValue("values"u8);
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                var isArray = reader.TokenType == JsonTokenType.StartArray;
                reader.Skip();
                if (isValues && isArray)
                {
                    vector = new JsonSlice(start, (int)reader.BytesConsumed - start);
                }
            }

            Vectors.Add(vector.IsNone ? throw new JsonException("An embedding has values.") : vector);
        }

        return true;
    }

    private void ReadUsage(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        long? prompt = null;
        long? total = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isPrompt = reader.IsValue("promptTokenCount"u8);
            var isTotal = reader.IsValue("totalTokenCount"u8);
            reader.Read();
            long? count = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0 ? value : null;
            reader.Skip();
            prompt = isPrompt ? count : prompt;
            total = isTotal ? count : total;
        }

        Tokens = total ?? prompt;
    }
}
