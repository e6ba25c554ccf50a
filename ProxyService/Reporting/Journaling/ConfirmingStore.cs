using System.Text;

namespace GeminiBalance.ProxyService.Reporting.Journaling;

/// <summary>Which event store has confirmed the segments of a folder, in a file beside them.</summary>
internal static class ConfirmingStore
{
    private const string FileName = "store";

    /// <summary>What is noted in a folder; null when nothing is, or nothing that can be read.</summary>
    public static Guid? Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) && Guid.TryParse(File.ReadAllText(path), out var store) ? store : null;
    }

    /// <summary>Notes a store. A disk that fails is no failure: the store is then taken for another one at the next start, and only asked more than it need be.</summary>
    public static void Write(string folder, Guid store)
    {
        try
        {
            var path = Path.Combine(folder, FileName);
            File.WriteAllText(path + ".new", store.ToString(), Encoding.ASCII);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e) when (JournalDisk.IsFailure(e))
        {
            // Known in memory.
        }
    }
}
