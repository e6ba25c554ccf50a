using System.Globalization;
using GeminiBalance.ServiceDefaults;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>
/// A folder that belongs to this replica for as long as the process lives. The first free one is taken: after a restart that is the one the
/// dead process left, with everything it had not sent.
/// </summary>
internal sealed class JournalFolder : IDisposable
{
    private const int MostReplicas = 64;

    private readonly FileStream held;

    private JournalFolder(string path, FileStream held) => (Path, this.held) = (path, held);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Takes the first free folder.</summary>
    /// <param name="root">The folder all replicas of the machine share.</param>
    /// <exception cref="StartupException">None can be taken.</exception>
    public static JournalFolder Claim(string root)
    {
        try
        {
            for (var number = 0; number < MostReplicas; number++)
            {
                if (TryClaim(System.IO.Path.Combine(root, number.ToString(CultureInfo.InvariantCulture))) is { } folder)
                {
                    return folder;
                }
            }
        }
        catch (Exception e) when (JournalDisk.IsFailure(e))
        {
            throw new StartupException($"Journal:Folder '{root}' cannot be used: {e.Message}");
        }

        throw new StartupException($"Journal:Folder '{root}' is in use by {MostReplicas} replicas already.");
    }

    /// <summary>Takes a folder that holds segments and that no replica has: the one it belonged to was not started again.</summary>
    /// <param name="root">The folder all replicas of the machine share.</param>
    /// <param name="untouchedSince">Nothing in it may be younger than this: a replica that is being started again finds its own.</param>
    /// <returns>Null when there is none.</returns>
    public static JournalFolder? ClaimAbandoned(string root, DateTimeOffset untouchedSince)
    {
        for (var number = 0; number < MostReplicas; number++)
        {
            var path = System.IO.Path.Combine(root, number.ToString(CultureInfo.InvariantCulture));
            if (IsAbandoned(path, untouchedSince) && TryClaim(path) is { } folder)
            {
                // Looked at again now that it is held: another replica may have emptied it meanwhile.
                if (SegmentsOf(path).Count > 0)
                {
                    return folder;
                }

                folder.Dispose();
            }
        }

        return null;
    }

    /// <summary>The segments that lie in it, oldest first.</summary>
    public List<(string Path, long Number)> Segments() => SegmentsOf(Path);

    private static bool IsAbandoned(string path, DateTimeOffset untouchedSince) => Directory.Exists(path)
        && SegmentsOf(path) is { Count: > 0 } segments
        && segments.TrueForAll(segment => File.GetLastWriteTimeUtc(segment.Path) < untouchedSince.UtcDateTime);

    private static List<(string Path, long Number)> SegmentsOf(string folder)
    {
        var found = new List<(string Path, long Number)>();
        foreach (var path in Directory.EnumerateFiles(folder, "*.segment"))
        {
            if (long.TryParse(System.IO.Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                found.Add((path, number));
            }
        }

        found.Sort((a, b) => a.Number.CompareTo(b.Number));
        return found;
    }

    /// <inheritdoc />
    public void Dispose() => held.Dispose();

    private static JournalFolder? TryClaim(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        try
        {
            return new JournalFolder(path, new FileStream(System.IO.Path.Combine(path, "owner.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException or PathTooLongException) && IsHeld(e))
        {
            return null;
        }
    }

    /// <summary>A lock of another process, and not a disk that fails.</summary>
    private static bool IsHeld(IOException e) => OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 32 or 33 : e.HResult is 11 or 35;
}
