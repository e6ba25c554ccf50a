using System.Text.Json;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>
/// Finds properties through which a schema demands itself. Gemini follows references to a limited depth, so a circle must pass a property that may be absent;
/// one that may be null is not enough (see <c>responseJsonSchema</c> in Google's API reference).
/// </summary>
/// <param name="pointers">Finds what the schema refers to.</param>
/// <param name="allowance">How much may be looked at.</param>
internal sealed class SchemaCircles(JsonPointers pointers, SchemaAllowance allowance)
{
    /// <summary>So many names are looked up one by one.</summary>
    private const int FewNames = 16;

    private readonly Dictionary<string, HashSet<string>> demanded = new(StringComparer.Ordinal);

    /// <summary>Whether a property that must be there demands the schema it is a part of.</summary>
    /// <param name="property">The property's schema.</param>
    /// <param name="holder">Pointer of the schema: <c>#</c>, or that of a definition.</param>
    public bool LeadsBack(JsonElement property, string holder)
    {
        var open = new Stack<string>(DemandedBy(property));
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (open.TryPop(out var pointer))
        {
            if (pointer == holder)
            {
                return true;
            }

            if (!seen.Add(pointer))
            {
                continue;
            }

            var demands = DemandedBy(pointer);
            if (!allowance.MayLookAt(demands.Count + 1))
            {
                return false;
            }

            foreach (var next in demands)
            {
                open.Push(next);
            }
        }

        return false;
    }

    /// <summary>A pointer with the newer word for definitions.</summary>
    public static string Normalize(string pointer) =>
        pointer.StartsWith("#/definitions/", StringComparison.Ordinal) ? "#/$defs/" + pointer["#/definitions/".Length..] : pointer;

    private HashSet<string> DemandedBy(string pointer)
    {
        if (!demanded.TryGetValue(pointer, out var found))
        {
            found = pointers.Resolve(pointer) is { } schema ? DemandedBy(schema) : [];
            demanded[pointer] = found;
        }

        return found;
    }

    private HashSet<string> DemandedBy(JsonElement schema)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        Collect(schema, found);
        return found;
    }

    private void Collect(JsonElement schema, HashSet<string> found)
    {
        if (schema.ValueKind != JsonValueKind.Object || !allowance.MayLookAt(schema.GetPropertyCount() + 1))
        {
            return;
        }

        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "$ref" when keyword.Value.ValueKind == JsonValueKind.String:
                    found.Add(Normalize(keyword.Value.GetString()!));
                    break;
                case "items" or "additionalProperties" when keyword.Value.ValueKind == JsonValueKind.Object:
                    Collect(keyword.Value, found);
                    break;
                case "patternProperties" when keyword.Value.ValueKind == JsonValueKind.Object && keyword.Value.GetPropertyCount() == 1:
                    Collect(keyword.Value.EnumerateObject().First().Value, found);
                    break;
                case "anyOf" or "oneOf" or "allOf" or "prefixItems" or "items" when keyword.Value.ValueKind == JsonValueKind.Array && allowance.MayLookAt(keyword.Value.GetArrayLength()):
                    foreach (var part in keyword.Value.EnumerateArray())
                    {
                        Collect(part, found);
                    }

                    break;
                case "properties" when keyword.Value.ValueKind == JsonValueKind.Object && schema.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.Array:
                    CollectRequired(keyword.Value, required, found);
                    break;
            }
        }
    }

    private void CollectRequired(JsonElement properties, JsonElement required, HashSet<string> found)
    {
        if (!allowance.MayLookAt(properties.GetPropertyCount() + required.GetArrayLength()))
        {
            return;
        }

        var names = required.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!);
        if (required.GetArrayLength() <= FewNames)
        {
            foreach (var name in names)
            {
                if (properties.TryGetProperty(name, out var property))
                {
                    Collect(property, found);
                }
            }

            return;
        }

        var wanted = names.ToHashSet(StringComparer.Ordinal);
        foreach (var property in properties.EnumerateObject().Where(property => wanted.Contains(property.Name)))
        {
            Collect(property.Value, found);
        }
    }
}
