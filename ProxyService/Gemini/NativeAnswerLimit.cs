using System.Globalization;
using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>What a request in Gemini's own form says of the size of its answer, in either spelling of its fields.</summary>
/// <param name="MostTokens"><c>maxOutputTokens</c>; null when it does not say.</param>
/// <param name="Candidates"><c>candidateCount</c>.</param>
internal readonly record struct NativeAnswerLimit(int? MostTokens, int Candidates)
{
    /// <summary>Reads a body to its end, and so checks that all of it is JSON.</summary>
    /// <param name="reader">A reader that stands on the body's first brace.</param>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static NativeAnswerLimit Read(ref Utf8JsonReader reader)
    {
        int? most = null, candidates = null;
        var isConfig = false;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth > 2)
            {
                continue;
            }

            // Names are compared as they are written: half characters have no other form, and a field spelt with escapes only leaves the limit to the model.
            if (reader.ValueIsEscaped)
            {
                isConfig &= reader.CurrentDepth > 1;
            }
            else if (reader.CurrentDepth == 1)
            {
                isConfig = reader.IsValue("generationConfig"u8) || reader.IsValue("generation_config"u8);
            }
            else if (isConfig && (reader.IsValue("maxOutputTokens"u8) || reader.IsValue("max_output_tokens"u8)))
            {
                most = Number(ref reader);
            }
            else if (isConfig && (reader.IsValue("candidateCount"u8) || reader.IsValue("candidate_count"u8)))
            {
                candidates = Number(ref reader);
            }
        }

        return new NativeAnswerLimit(most, candidates ?? 1);
    }

    /// <summary>Google takes numbers as texts too.</summary>
    private static int? Number(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var number) => number,
            JsonTokenType.String when int.TryParse(reader.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };
    }
}
