using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>
/// Tells the formats of an import apart and reads them: keys by lines, a table with a header, or JSON, as this and other gateways export them. Pure.
/// </summary>
internal static class ImportFormats
{
    public const int LongestText = 200;
    public const int MostTags = 20;
    public const int LongestTag = 50;
    private static readonly string[] Lists = ["API_KEYS", "api_keys", "apiKeys", "keys", "data", "items"];

    /// <summary>Reads a text.</summary>
    /// <returns>The format's name, and what stands in the text, in its order.</returns>
    public static (string Format, IEnumerable<ImportItem> Items) Read(string text)
    {
        var start = text.AsSpan().TrimStart("\uFEFF \t\r\n");
        if (start is ['[' or '{', ..] && Json(text.TrimStart('\uFEFF')) is { } items)
        {
            return ("json", items);
        }

        return Header(text) is { } columns ? ("csv", Table(text, columns)) : ("lines", ImportText.Read(text));
    }

    /// <summary>The columns of a table by what they hold; null when the first line is no header.</summary>
    private static Dictionary<string, int>? Header(string text)
    {
        var first = new StringReader(text.TrimStart('\uFEFF')).ReadLine();
        if (first is null || !first.Contains(',', StringComparison.Ordinal))
        {
            return null;
        }

        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, index) in ImportText.Fields(first).Select((field, i) => (Known(field), i)))
        {
            if (name is null || !columns.TryAdd(name, index))
            {
                return null;
            }
        }

        return columns.ContainsKey("key") ? columns : null;
    }

    private static string? Known(string field) => field.ToUpperInvariant() switch
    {
        "KEY" or "API_KEY" or "APIKEY" or "KEY_VALUE" => "key",
        "LABEL" or "NAME" or "NOTES" => "label",
        "PROJECT" => "project",
        "TIER" => "tier",
        "TAGS" => "tags",
        _ => null,
    };

    private static IEnumerable<ImportItem> Table(string text, Dictionary<string, int> columns)
    {
        using var reader = new StringReader(text);
        reader.ReadLine();
        for (var number = 2; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line) || line.StartsWith('#'))
            {
                continue;
            }

            var fields = ImportText.Fields(line);
            yield return Item(number, Field("key"), Field("label"), Field("project"), Field("tier"), Field("tags")?.Split([';', ' ', '|', ','], StringSplitOptions.RemoveEmptyEntries));

            string? Field(string name) => columns.TryGetValue(name, out var i) && i < fields.Count && fields[i].Length > 0 ? fields[i] : null;
        }
    }

    /// <summary>The entries of a JSON text, whose line is their number; null when it is no JSON, or none that holds a list of keys.</summary>
    private static List<ImportItem>? Json(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            var list = document.RootElement;
            if (list.ValueKind == JsonValueKind.Object)
            {
                list = Lists.Select(name => list.TryGetProperty(name, out var found) ? found : default).FirstOrDefault(found => found.ValueKind == JsonValueKind.Array);
            }

            return list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select((entry, i) => Readable(i + 1, entry))] : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>An escape may stand for half a character, which no text can hold: that entry is refused, and the others are not.</summary>
    private static ImportItem Readable(int number, JsonElement entry)
    {
        try
        {
            return Entry(number, entry);
        }
        catch (InvalidOperationException)
        {
            return new ImportItem(number, null, null, null, "It holds half a character.");
        }
    }

    private static ImportItem Entry(int number, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
        {
            return Item(number, entry.ValueKind == JsonValueKind.String ? entry.GetString() : null, null, null, null, null);
        }

        string? key = null, label = null, project = null, tier = null;
        string[]? tags = null;
        foreach (var field in entry.EnumerateObject())
        {
            var value = field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString() : null;
            switch (field.Name == "apiKey" ? "key" : Known(field.Name))
            {
                case "key":
                    key = value;
                    break;
                case "label":
                    label = value;
                    break;
                case "project":
                    project = value;
                    break;
                case "tier":
                    tier = value;
                    break;
                case "tags" when field.Value.ValueKind == JsonValueKind.Array:
                    tags = [.. field.Value.EnumerateArray().Where(tag => tag.ValueKind == JsonValueKind.String).Select(tag => tag.GetString()!)];
                    break;
                case "tags":
                    tags = value?.Split([';', '|', ','], StringSplitOptions.RemoveEmptyEntries);
                    break;
                default:
                    break;
            }
        }

        return Item(number, key, label, project, tier, tags);
    }

    private static ImportItem Item(int number, string? key, string? label, string? project, string? tier, IReadOnlyList<string>? tags)
    {
        var known = Enum.TryParse<KeyTier>(tier, ignoreCase: true, out var parsed) && Enum.IsDefined(parsed) && !char.IsAsciiDigit(tier![0]);
        var words = tags?.Select(tag => tag.Trim()).Where(tag => tag.Length > 0).Distinct().ToArray() ?? [];
        var refusal = key is null ? "There is no key." : KeyShape.Refusal(key.Trim()) ?? 0 switch
        {
            _ when label?.Length > LongestText || project?.Length > LongestText => "The label or project is longer than 200 characters.",
            _ when label?.Any(char.IsControl) == true || project?.Any(char.IsControl) == true => "The label or project holds a control character.",
            _ when !string.IsNullOrWhiteSpace(tier) && !known => "The tier must be free or paid.",
            _ when words.Length > MostTags || words.Any(word => word.Length > LongestTag || word.Contains(',', StringComparison.Ordinal) || word.Any(char.IsControl)) =>
                "At most 20 tags of at most 50 characters are taken, without commas.",
            _ => null,
        };
        return refusal is not null
            ? new ImportItem(number, null, null, null, refusal)
            : new ImportItem(number, new Secret(key!.Trim()), Given(label), Given(project), null, known ? parsed : null, words.Length == 0 ? null : string.Join(',', words));
    }

    private static string? Given(string? field) => string.IsNullOrWhiteSpace(field) ? null : field.Trim();
}
