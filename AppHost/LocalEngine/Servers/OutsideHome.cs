namespace GeminiBalance.LocalEngine;

/// <summary>
/// Where the database of a data folder lies when root starts PostgreSQL: outside of it, because the server's own user cannot get in. The data folder keeps the place in a
/// file, so that one that was moved or copied never begins with an empty database without a word.
/// </summary>
internal static class OutsideHome
{
    /// <summary>What keeps a start from using a place; null when nothing does.</summary>
    /// <param name="known">The place the data folder has kept; null before the first start.</param>
    /// <param name="home">The place that belongs to the data folder's path.</param>
    /// <param name="marker">The file that keeps it.</param>
    /// <param name="exists">Whether there is such a folder.</param>
    public static string? Fault(string? known, string home, string marker, Func<string, bool> exists)
    {
        if (known is null || (exists(home) && (known == home || !exists(known))))
        {
            return null;
        }

        return exists(known)
            ? $"The data folder's database lies in {known}, for the folder was elsewhere when it was made. Was the folder moved, move the database too: "
                + $"mv {Path.GetDirectoryName(known)} {Path.GetDirectoryName(home)}. Is it a copy, delete {marker} to begin with an empty database."
            : $"The data folder's database was in {known}, which is gone: bring that back, or delete {marker} to begin with an empty database, into which './gb restore' puts a backup.";
    }
}
