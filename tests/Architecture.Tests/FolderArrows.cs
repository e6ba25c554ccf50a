using System.Text.RegularExpressions;

namespace GeminiBalance.Architecture.Tests;

/// <summary>A file of one folder uses another folder.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="From">Its folder.</param>
/// <param name="To">The other folder.</param>
internal sealed record FolderArrow(string File, string From, string To);

/// <summary>The arrows between the folders of a project, read from its sources.</summary>
internal static partial class FolderArrows
{
    /// <summary>Names the pages by their types, as Program.cs names the modules: it stands above all folders, wherever it lies.</summary>
    private const string PageTable = "AdminUi/Components/Routes.razor";

    public static IReadOnlyList<FolderArrow> Of(string project)
    {
        var files = Repository.Files(".cs", ".razor").Where(file => file.Project == project && file.Folder.Length > 0 && file.Path != PageTable).ToList();
        var types = files.GroupBy(file => file.Folder).ToDictionary(folder => folder.Key, folder => folder.SelectMany(file => Declared().Matches(file.Text)).Select(match => match.Groups[1].Value).ToHashSet());
        return [.. files.SelectMany(file => Used(file, project, types).Where(used => used != file.Folder).Distinct().Select(used => new FolderArrow(file.Path, file.Folder, used)))];
    }

    private static IEnumerable<string> Used(SourceFile file, string project, Dictionary<string, HashSet<string>> types)
    {
        // Using directives of every kind, and names written in full. The file's own namespace declaration is not a use.
        foreach (Match match in Regex.Matches(file.Text, $@"(?<!^namespace )GeminiBalance\.{project}\.(\w+)", RegexOptions.Multiline))
        {
            if (types.ContainsKey(match.Groups[1].Value))
            {
                yield return match.Groups[1].Value;
            }
        }

        // Names written in part, which the surrounding namespace completes: KeyPool.PooledKey.
        foreach (Match match in InPart().Matches(file.Text))
        {
            if (types.TryGetValue(match.Groups[1].Value, out var declared) && declared.Contains(match.Groups[2].Value))
            {
                yield return match.Groups[1].Value;
            }
        }
    }

    [GeneratedRegex(@"\b(?:class|record|record struct|struct|interface|enum) ([A-Z]\w*)")]
    private static partial Regex Declared();

    [GeneratedRegex(@"(?<![\w.])([A-Z]\w*)(?:\.[A-Z]\w*)*?\.([A-Z]\w*)")]
    private static partial Regex InPart();
}
