using GeminiBalance.Contracts;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>
/// The access keys by hash. Never changes: a change makes a new table. It is cut into parts by the hash's first two digits, which are as good as random: looking one
/// up takes the same however many there are, and a change copies the parts it touches and no others.
/// </summary>
internal sealed class AccessKeyTable
{
    private const int Parts = 256;

    private readonly Dictionary<string, PoolAccessKey>?[] parts;

    private AccessKeyTable(Dictionary<string, PoolAccessKey>?[] parts)
    {
        this.parts = parts;
        Count = parts.Sum(part => part?.Count ?? 0);
    }

    /// <summary>How many hashes are known; a rotated key has two.</summary>
    public int Count { get; }

    /// <summary>The access keys, each once.</summary>
    public IEnumerable<PoolAccessKey> Keys => parts.OfType<Dictionary<string, PoolAccessKey>>().SelectMany(part => part.Values).DistinctBy(key => key.Id);

    /// <summary>A table of access keys.</summary>
    public static AccessKeyTable Of(IEnumerable<PoolAccessKey> keys) => new(Added(new Dictionary<string, PoolAccessKey>?[Parts], [], keys));

    /// <summary>Finds an access key by its hash, or by the hash it had before its last rotation; whether that one still counts is for the caller to decide.</summary>
    /// <param name="hash">SHA-256 in lower-case hex.</param>
    /// <returns>Null when no key has it.</returns>
    public PoolAccessKey? Find(string hash) => parts[PartOf(hash)]?.GetValueOrDefault(hash);

    /// <summary>The table after a change.</summary>
    /// <param name="changed">Keys that are new or not what they were.</param>
    /// <param name="removed">Keys that are gone.</param>
    public AccessKeyTable With(IReadOnlyCollection<PoolAccessKey> changed, IReadOnlyCollection<Guid> removed)
    {
        var replaced = changed.Select(key => key.Id).Concat(removed).ToHashSet();
        Dictionary<string, PoolAccessKey>?[] next = [.. parts];
        HashSet<int> copied = [];
        for (var number = 0; number < Parts; number++)
        {
            foreach (var (hash, key) in parts[number] ?? [])
            {
                if (replaced.Contains(key.Id))
                {
                    Own(next, copied, number).Remove(hash);
                }
            }
        }

        return new AccessKeyTable(Added(next, copied, changed));
    }

    private static Dictionary<string, PoolAccessKey>?[] Added(Dictionary<string, PoolAccessKey>?[] parts, HashSet<int> copied, IEnumerable<PoolAccessKey> keys)
    {
        foreach (var key in keys)
        {
            foreach (var hash in HashesOf(key))
            {
                Own(parts, copied, PartOf(hash))[hash] = key;
            }
        }

        return parts;
    }

    /// <summary>A part that may be changed: a copy, when it is still another table's.</summary>
    private static Dictionary<string, PoolAccessKey> Own(Dictionary<string, PoolAccessKey>?[] parts, HashSet<int> copied, int number)
    {
        if (copied.Add(number))
        {
            parts[number] = parts[number] is { } shared ? new(shared, StringComparer.Ordinal) : new(StringComparer.Ordinal);
        }

        return parts[number]!;
    }

    private static int PartOf(string hash) => hash.Length < 2 ? 0 : ((Digit(hash[0]) << 4) | Digit(hash[1])) & (Parts - 1);

    private static int Digit(char digit) => digit <= '9' ? digit - '0' : digit - 'a' + 10;

    private static IEnumerable<string> HashesOf(PoolAccessKey key) => key.OldHash is null ? [key.Hash] : [key.Hash, key.OldHash];
}
