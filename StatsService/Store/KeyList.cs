using GeminiBalance.Contracts;

namespace GeminiBalance.StatsService.Store;

/// <summary>The upstream keys a fact names, each once: those that were tried first, then those that were only compared. A packed fact names them by their place.</summary>
internal sealed class KeyList
{
    private readonly List<Guid> keys = [];

    /// <summary>Collects the keys of a fact.</summary>
    public KeyList(RequestFact fact)
    {
        foreach (var attempt in fact.Attempts)
        {
            PlaceOf(attempt.KeyId);
        }

        Tried = keys.Count;
        foreach (var finalist in fact.Choice?.Finalists ?? [])
        {
            PlaceOf(finalist.KeyId);
        }

        if (fact.KeyId is { } key)
        {
            PlaceOf(key);
        }
    }

    /// <summary>How many of them were tried.</summary>
    public int Tried { get; }

    /// <summary>How many there are.</summary>
    public int Count => keys.Count;

    /// <summary>The key at a place.</summary>
    public Guid this[int place] => keys[place];

    /// <summary>The place of a key.</summary>
    public int PlaceOf(Guid key)
    {
        var place = keys.IndexOf(key);
        if (place < 0)
        {
            place = keys.Count;
            keys.Add(key);
        }

        return place;
    }
}
