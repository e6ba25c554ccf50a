using System.Text.Json;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>The keywords of one schema, with those of its <c>allOf</c> merged into it: the first of two equal ones wins, properties and required names are joined.</summary>
internal sealed class SchemaKeywords
{
    private const int MostMerged = 5;

    private readonly List<(string Name, JsonElement Value)> all = [];
    private readonly List<(string Name, JsonElement Value)> properties = [];
    private readonly List<string> required = [];

    private SchemaKeywords()
    {
    }

    /// <summary>The keywords in order.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> All => all;

    /// <summary>The joined <c>properties</c>.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> Properties => properties;

    /// <summary>The joined <c>required</c>.</summary>
    public IReadOnlyList<string> Required => required;

    /// <summary>Reads a schema.</summary>
    /// <param name="schema">An object.</param>
    /// <param name="resolve">Follows a reference.</param>
    /// <param name="changed">Gets <c>allOf</c> when there was one.</param>
    /// <param name="depth">How many references were followed already.</param>
    public static SchemaKeywords Of(JsonElement schema, Func<string, JsonElement?> resolve, ISet<string> changed, int depth)
    {
        var keywords = new SchemaKeywords();
        keywords.Add(schema, resolve, changed, depth, isRoot: true);
        return keywords;
    }

    /// <summary>Whether there is such a keyword.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>A keyword's value.</summary>
    public JsonElement? Find(string name)
    {
        foreach (var (known, value) in all)
        {
            if (known == name)
            {
                return value;
            }
        }

        return null;
    }

    private void Add(JsonElement schema, Func<string, JsonElement?> resolve, ISet<string> changed, int depth, bool isRoot)
    {
        JsonElement? allOf = null;
        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "allOf" when keyword.Value.ValueKind == JsonValueKind.Array:
                    allOf = keyword.Value;
                    continue;
                case "properties" when keyword.Value.ValueKind == JsonValueKind.Object:
                    properties.AddRange(keyword.Value.EnumerateObject().Where(property => properties.All(known => known.Name != property.Name)).Select(property => (property.Name, property.Value)).ToList());
                    break;
                case "required" when keyword.Value.ValueKind == JsonValueKind.Array:
                    required.AddRange(keyword.Value.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!).Where(name => !required.Contains(name)).ToList());
                    break;
                case "$ref" when !isRoot:
                    if (depth < MostMerged && keyword.Value.ValueKind == JsonValueKind.String && resolve(keyword.Value.GetString()!) is { ValueKind: JsonValueKind.Object } target)
                    {
                        Add(target, resolve, changed, depth + 1, isRoot: false);
                    }

                    continue;
            }

            if (keyword.Name.Length > 0 && !Has(keyword.Name))
            {
                all.Add((keyword.Name, keyword.Value));
            }
        }

        if (allOf is { } parts)
        {
            changed.Add("allOf");
            foreach (var part in parts.EnumerateArray().Where(part => part.ValueKind == JsonValueKind.Object))
            {
                Add(part, resolve, changed, depth + 1, isRoot: false);
            }
        }
    }
}
