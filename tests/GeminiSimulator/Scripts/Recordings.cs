using System.Collections.Frozen;

namespace GeminiBalance.GeminiSimulator.Scripts;

/// <summary>Recorded bodies that can be replayed, by <c>name</c> or <c>folder/name</c> without extension.</summary>
public static class Recordings
{
    /// <summary>How a behaviour that replays begins.</summary>
    public const string Prefix = "replay:";

    private static readonly string Shipped = Path.Combine(AppContext.BaseDirectory, "Fixtures");
    private static FrozenDictionary<string, string> files = Directory.Exists(Shipped) ? Read(Shipped) : FrozenDictionary<string, string>.Empty;

    /// <summary>Adds a folder's bodies to the known ones, in front of them.</summary>
    /// <param name="folder">The folder.</param>
    public static void Use(string folder) => files = Read(folder).Concat(files).DistinctBy(file => file.Key).ToFrozenDictionary();

    /// <summary>The file a behaviour replays, or null. Only files found in the folders at start have a name, so that no name reaches beyond them.</summary>
    /// <param name="behaviour">The behaviour, prefix included.</param>
    public static string? Find(string behaviour) => files.GetValueOrDefault(behaviour[Prefix.Length..]);

    private static FrozenDictionary<string, string> Read(string folder)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var relative = Path.ChangeExtension(Path.GetRelativePath(folder, file), null).Replace('\\', '/');
            found.TryAdd(relative, file);
            found.TryAdd(Path.GetFileName(relative), file);
        }

        return found.ToFrozenDictionary();
    }
}
