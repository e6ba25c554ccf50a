using System.Globalization;
using System.Text.Json;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Follows the JSON pointers (RFC 6901) of one document. What was looked through for one of them is known for all others: there may be as many as values.</summary>
/// <param name="root">The document.</param>
internal sealed class JsonPointers(JsonElement root)
{
    private readonly Place top = new(root);

    /// <summary>Finds a pointer's target.</summary>
    /// <param name="pointer">The pointer, as in a schema's <c>$ref</c>: it begins with <c>#</c>. The older word <c>definitions</c> is found under its newer name too.</param>
    /// <returns>Null when it leads nowhere.</returns>
    public JsonElement? Resolve(string pointer)
    {
        var at = top;
        foreach (var part in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.Find(name) is not { } next)
            {
                return null;
            }

            at = next;
        }

        return at.Value;
    }

    /// <summary>A value, and what was found to lie in it.</summary>
    private sealed class Place(JsonElement value)
    {
        private Dictionary<string, Place>? members;
        private Place[]? items;

        public JsonElement Value => value;

        public Place? Find(string name)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Array:
                    items ??= [.. value.EnumerateArray().Select(item => new Place(item))];
                    return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < items.Length ? items[number] : null;
                case JsonValueKind.Object:
                    members ??= Members();
                    return members.TryGetValue(name, out var found) || (name == "$defs" && members.TryGetValue("definitions", out found)) ? found : null;
                default:
                    return null;
            }
        }

        private Dictionary<string, Place> Members()
        {
            var found = new Dictionary<string, Place>(StringComparer.Ordinal);
            foreach (var member in value.EnumerateObject())
            {
                found[member.Name] = new Place(member.Value);
            }

            return found;
        }
    }
}
