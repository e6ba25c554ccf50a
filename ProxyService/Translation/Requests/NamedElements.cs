using System.Text.Json;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Values by name, in the order they came; of two equal names the first one counts.</summary>
internal sealed class NamedElements
{
    /// <summary>Few are found fastest by looking at all of them; but a client may send a hundred thousand.</summary>
    private const int MostLookedThrough = 16;

    private readonly List<(string Name, JsonElement Value)> all = [];
    private Dictionary<string, JsonElement>? byName;

    /// <summary>All of them in order.</summary>
    public IReadOnlyList<(string Name, JsonElement Value)> All => all;

    /// <summary>Adds a value unless its name is taken.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    public void Add(string name, JsonElement value)
    {
        if (Find(name) is not null)
        {
            return;
        }

        all.Add((name, value));
        if (byName is not null)
        {
            byName.Add(name, value);
        }
        else if (all.Count > MostLookedThrough)
        {
            byName = all.ToDictionary(one => one.Name, one => one.Value, StringComparer.Ordinal);
        }
    }

    /// <summary>The value of a name; null when there is none.</summary>
    /// <param name="name">The name.</param>
    public JsonElement? Find(string name)
    {
        if (byName is not null)
        {
            return byName.TryGetValue(name, out var found) ? found : null;
        }

        foreach (var (known, value) in all)
        {
            if (known == name)
            {
                return value;
            }
        }

        return null;
    }
}
