using System.Text;
using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Writes <c>logprobsResult</c> as OpenAI's <c>logprobs</c>.</summary>
internal static class LogProbabilitiesJson
{
    /// <summary>Appends the value of <c>logprobs</c>; <c>null</c> when there is none.</summary>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="raw">The raw <c>logprobsResult</c>; empty when there is none.</param>
    public static void Append(PooledBuffer target, ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty || JsonText.HasLoneSurrogate(raw) || JsonElement.Parse(raw) is not { ValueKind: JsonValueKind.Object } result || !result.TryGetProperty("chosenCandidates", out var chosen) || chosen.ValueKind != JsonValueKind.Array)
        {
            target.Append("null"u8);
            return;
        }

        var hasTop = result.TryGetProperty("topCandidates", out var top) && top.ValueKind == JsonValueKind.Array;
        using var writer = new Utf8JsonWriter(target, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        writer.WriteStartArray("content"u8);
        var place = 0;
        foreach (var token in chosen.EnumerateArray())
        {
            writer.WriteStartObject();
            WriteToken(writer, token);
            writer.WriteStartArray("top_logprobs"u8);
            if (hasTop && place < top.GetArrayLength() && top[place].ValueKind == JsonValueKind.Object && top[place].TryGetProperty("candidates", out var candidates) && candidates.ValueKind == JsonValueKind.Array)
            {
                foreach (var candidate in candidates.EnumerateArray())
                {
                    writer.WriteStartObject();
                    WriteToken(writer, candidate);
                    writer.WriteEndObject();
                }
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            place++;
        }

        writer.WriteEndArray();
        writer.WriteNull("refusal"u8);
        writer.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter writer, JsonElement token)
    {
        var text = token.ValueKind == JsonValueKind.Object && token.TryGetProperty("token", out var word) && word.ValueKind == JsonValueKind.String ? word.GetString()! : "";
        writer.WriteString("token"u8, text);
        if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("logProbability", out var probability) && probability.ValueKind == JsonValueKind.Number)
        {
            writer.WritePropertyName("logprob"u8);
            probability.WriteTo(writer);
        }
        else
        {
            writer.WriteNumber("logprob"u8, 0);
        }

        writer.WriteStartArray("bytes"u8);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            writer.WriteNumberValue(b);
        }

        writer.WriteEndArray();
    }
}
