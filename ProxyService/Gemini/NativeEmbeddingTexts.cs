using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>What a request for embeddings in Gemini's own form probably takes: some models do not say.</summary>
internal static class NativeEmbeddingTexts
{
    private const int CharactersPerToken = 4;

    /// <summary>Estimates the tokens of all its texts, as those of <c>/v1/embeddings</c> are; none takes less than one.</summary>
    /// <param name="body">A checked JSON body.</param>
    public static long EstimateTokens(ReadOnlySpan<byte> body)
    {
        long characters = CharactersPerToken;
        var any = false;
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !reader.IsValue("text"u8))
            {
                continue;
            }

            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                characters = (any ? characters : 0) + Math.Max(CharactersPerToken, reader.ValueSpan.Length);
                any = true;
            }
        }

        return characters / CharactersPerToken;
    }
}
