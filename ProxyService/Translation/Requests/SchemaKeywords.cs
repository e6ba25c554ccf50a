using System.Text.Json;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>The keywords of one schema, with those of its <c>allOf</c> merged into it: the first of two equal ones wins, properties and required names are joined.</summary>
internal sealed class SchemaKeywords
{
    private const int MostMerged = 5;

    private static readonly JsonElement Anything = JsonElement.Parse("true"u8);

    private readonly NamedElements all = new();
    private readonly NamedElements properties = new();
    private readonly List<string> required = [];
    private HashSet<string>? knownRequired;

    private SchemaKeywords()
    {
    }

    /// <summary>The keywords in order.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> All => all.All;

    /// <summary>The joined <c>properties</c>.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> Properties => properties.All;

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
    public JsonElement? Find(string name) => all.Find(name);

    /// <summary>The schema of a property.</summary>
    public JsonElement? FindProperty(string name) => properties.Find(name);

    private void Add(JsonElement schema, Func<string, JsonElement?> resolve, ISet<string> changed, int depth, bool isRoot)
    {
        JsonElement? allOf = null;
        var ofPatterns = OfPatterns(schema);
        foreach (var keyword in schema.EnumerateObject())
        {
            var name = keyword.Name;
            switch (name)
            {
                case "allOf" when keyword.Value.ValueKind == JsonValueKind.Array:
                    allOf = keyword.Value;
                    continue;
                case "patternProperties" when ofPatterns is not null:
                    changed.Add(name);
                    all.Add("additionalProperties", ofPatterns.Value);
                    continue;
                case "additionalProperties" when ofPatterns is not null:
                    continue;
                case "properties" when keyword.Value.ValueKind == JsonValueKind.Object:
                    foreach (var property in keyword.Value.EnumerateObject())
                    {
                        properties.Add(property.Name, property.Value);
                    }

                    break;
                case "required" when keyword.Value.ValueKind == JsonValueKind.Array:
                    foreach (var property in keyword.Value.EnumerateArray().Where(property => property.ValueKind == JsonValueKind.String))
                    {
                        AddRequired(property.GetString()!);
                    }

                    break;
                case "$ref" when !isRoot:
                    if (depth < MostMerged && keyword.Value.ValueKind == JsonValueKind.String && resolve(keyword.Value.GetString()!) is { ValueKind: JsonValueKind.Object } target)
                    {
                        Add(target, resolve, changed, depth + 1, isRoot: false);
                    }

                    continue;
            }

            if (name.Length > 0)
            {
                all.Add(name, keyword.Value);
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

    /// <summary>
    /// What takes the place of <c>patternProperties</c>, which Gemini does not know, as the schema of all names that are not listed: an object that had nothing else
    /// would take no members. Null when there are none, or other names have a schema of their own.
    /// </summary>
    private static JsonElement? OfPatterns(JsonElement schema)
    {
        if (!schema.TryGetProperty("patternProperties", out var patterns) || patterns.ValueKind != JsonValueKind.Object
            || (schema.TryGetProperty("additionalProperties", out var others) && others.ValueKind != JsonValueKind.False))
        {
            return null;
        }

        var count = patterns.GetPropertyCount();
        return count switch
        {
            0 => null,
            1 when patterns.EnumerateObject().First().Value is { ValueKind: JsonValueKind.Object } only => only,
            _ => Anything,
        };
    }

    private void AddRequired(string name)
    {
        knownRequired ??= new HashSet<string>(StringComparer.Ordinal);
        if (knownRequired.Add(name))
        {
            required.Add(name);
        }
    }
}
