using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace GeminiBalance.GeminiSimulator.Keys;

/// <summary>A key the simulator accepts. Its value is fake and may be shown.</summary>
/// <param name="Value">The key.</param>
/// <param name="Label">A name for people.</param>
/// <param name="Project">The project whose quotas it shares.</param>
/// <param name="Behaviour">A script name that always applies to it, or null for a healthy key.</param>
public sealed record SimulatedKey(string Value, string Label, string Project, string? Behaviour);

/// <summary>The keys the simulator knows.</summary>
public sealed class KeyRing
{
    private static readonly string[] Projects = ["alpha", "beta", "gamma", "delta"];
    private readonly ConcurrentDictionary<string, SimulatedKey> keys = new(StringComparer.Ordinal);
    private readonly int seed;
    private readonly int count;

    /// <summary>Starts with the seeded keys.</summary>
    /// <param name="seed">Makes the keys; equal seeds make equal keys.</param>
    /// <param name="count">How many.</param>
    public KeyRing(int seed, int count)
    {
        (this.seed, this.count) = (seed, count);
        Restore();
    }

    /// <summary>All keys, by label.</summary>
    public IEnumerable<SimulatedKey> All => keys.Values.OrderBy(key => key.Label, StringComparer.Ordinal);

    /// <summary>The key of a value, or null.</summary>
    /// <param name="value">What the caller sent.</param>
    public SimulatedKey? Find(string value) => keys.GetValueOrDefault(value);

    /// <summary>Adds or replaces a key.</summary>
    /// <param name="key">The key.</param>
    public void Put(SimulatedKey key) => keys[key.Value] = key;

    /// <summary>Forgets a key: from then on it is invalid.</summary>
    /// <param name="value">The key.</param>
    public bool Remove(string value) => keys.TryRemove(value, out _);

    /// <summary>Forgets every key that was added and knows the seeded ones again.</summary>
    public void Restore()
    {
        keys.Clear();
        foreach (var key in Seeded(seed, count))
        {
            keys[key.Value] = key;
        }
    }

    /// <summary>
    /// The keys a seed makes: both formats, and four projects. In each dozen one fails now and then, one is invalid, one suspended and one has used up its day;
    /// those that are never good are alone in their project, as quotas and suspensions are a project's.
    /// </summary>
    /// <param name="seed">The seed.</param>
    /// <param name="count">How many.</param>
    public static IEnumerable<SimulatedKey> Seeded(int seed, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var random = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"gemini-simulator {seed} {i}")));
            var value = i % 3 == 1 ? $"AQ.Ab8{random}" : $"AIzaSy{random[..33]}";
            var behaviour = (i % 12) switch { 3 => "flaky", 5 => "key-invalid", 8 => "suspended", 10 => "quota-day", _ => null };
            var project = Projects[i % Projects.Length];
            yield return new SimulatedKey(value, $"{project} {i + 1:00}", behaviour is null or "flaky" ? project : $"{project}-{i + 1}", behaviour);
        }
    }
}
