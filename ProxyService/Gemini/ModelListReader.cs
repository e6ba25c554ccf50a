using System.Runtime.InteropServices;
using System.Text.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>Reads pages of Gemini's list of models.</summary>
internal static class ModelListReader
{
    private const string Prefix = "models/";

    /// <summary>Reads a page.</summary>
    /// <param name="page">Its JSON.</param>
    /// <param name="models">Gets the models.</param>
    /// <returns>The token of the next page; null on the last.</returns>
    /// <exception cref="JsonException">It is no list of models.</exception>
    public static string? Read(ReadOnlyMemory<byte> page, List<GeminiModel> models)
    {
        using var document = JsonDocument.Parse(page);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("A list of models is an object.");
        }

        if (root.TryGetProperty("models", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var model in list.EnumerateArray())
            {
                if (model.ValueKind == JsonValueKind.Object && model.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String && name.GetString() is { Length: > 0 } text)
                {
                    models.Add(new GeminiModel(text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..] : text, JsonMarshal.GetRawUtf8Value(model).ToArray()));
                }
            }
        }

        return root.TryGetProperty("nextPageToken", out var token) && token.ValueKind == JsonValueKind.String && token.GetString() is { Length: > 0 } next ? next : null;
    }
}
