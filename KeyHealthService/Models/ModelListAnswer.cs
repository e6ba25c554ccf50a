using System.Text.Json;
using System.Text.RegularExpressions;
using GeminiBalance.Contracts;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>Reads pages of the upstream's list of models. Pure.</summary>
internal static partial class ModelListAnswer
{
    private const string Prefix = "models/";
    private const int LongestText = 500;
    private const int MostMethods = 50;

    /// <summary>Reads a page.</summary>
    /// <param name="body">Its JSON.</param>
    /// <param name="models">Gets the models by name; one that cannot be asked for by its name is left out.</param>
    /// <returns>The token of the next page; null on the last.</returns>
    /// <exception cref="JsonException">It is no list of models.</exception>
    public static string? Read(ReadOnlyMemory<byte> body, IDictionary<string, UpstreamModel> models)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || (root.EnumerateObject().Any() && !root.TryGetProperty("models", out _)))
        {
            throw new JsonException("A list of models is an object with models.");
        }

        if (root.TryGetProperty("models", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var entry in list.EnumerateArray())
            {
                if (Model(entry) is { } model)
                {
                    models.TryAdd(model.Name, model);
                }
            }
        }

        return Text(root, "nextPageToken", int.MaxValue);
    }

    private static UpstreamModel? Model(JsonElement entry)
    {
        var name = entry.ValueKind == JsonValueKind.Object ? Text(entry, "name", LongestText) : null;
        name = name?.StartsWith(Prefix, StringComparison.Ordinal) == true ? name[Prefix.Length..] : name;
        return name is null || !Name().IsMatch(name)
            ? null
            : new UpstreamModel(
                name,
                Text(entry, "displayName", LongestText),
                Text(entry, "description", LongestText),
                Text(entry, "version", LongestText),
                Number(entry, "inputTokenLimit"),
                Number(entry, "outputTokenLimit"),
                Methods(entry),
                entry.TryGetProperty("thinking", out var thinking) && thinking.ValueKind is JsonValueKind.True or JsonValueKind.False ? thinking.GetBoolean() : null);
    }

    private static string[] Methods(JsonElement entry) => entry.TryGetProperty("supportedGenerationMethods", out var methods) && methods.ValueKind == JsonValueKind.Array
        ? [.. methods.EnumerateArray().Where(method => method.ValueKind == JsonValueKind.String).Select(method => Cut(method.GetString()!, LongestText)).Distinct().Take(MostMethods).Order(StringComparer.Ordinal)]
        : [];

    private static long? Number(JsonElement entry, string name) => entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    private static string? Text(JsonElement entry, string name, int longest) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? Cut(text.Replace("\0", "", StringComparison.Ordinal), longest) : null;

    private static string Cut(string text, int longest) => text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];

    [GeneratedRegex(@"^[A-Za-z0-9](?!.*\.\.)[A-Za-z0-9._-]{0,127}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
