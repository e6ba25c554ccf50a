using System.Text.Json;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Follows JSON pointers (RFC 6901).</summary>
internal static class JsonPointer
{
    /// <summary>Finds a pointer's target.</summary>
    /// <param name="root">The document.</param>
    /// <param name="pointer">The pointer, as in a schema's <c>$ref</c>: it begins with <c>#</c>. The older word <c>definitions</c> is found under its newer name too.</param>
    /// <returns>Null when it leads nowhere.</returns>
    public static JsonElement? Resolve(JsonElement root, string pointer)
    {
        var at = root;
        foreach (var part in pointer.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, out var place) && place >= 0 && place < at.GetArrayLength())
            {
                at = at[place];
            }
            else if (at.ValueKind != JsonValueKind.Object || !(at.TryGetProperty(name, out var next) || (name == "$defs" && at.TryGetProperty("definitions", out next))))
            {
                return null;
            }
            else
            {
                at = next;
            }
        }

        return at;
    }
}
