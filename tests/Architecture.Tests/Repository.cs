using System.Reflection;
using System.Text.RegularExpressions;

namespace GeminiBalance.Architecture.Tests;

/// <summary>A source file of the product.</summary>
/// <param name="Path">Path from the repository's root, with forward slashes.</param>
/// <param name="Text">Its content.</param>
internal sealed record SourceFile(string Path, string Text)
{
    public string Project => Path.Split('/')[0];

    /// <summary>First folder below the project, or empty for a file at its top.</summary>
    public string Folder => Path.Split('/') is { Length: > 2 } parts ? parts[1] : "";

    public int Lines => Text.AsSpan().Count('\n');
}

/// <summary>The repository as it lies on disk.</summary>
internal static partial class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "RepositoryRoot").Value!;

    public static IReadOnlyList<string> Services { get; } = ["ProxyService", "KeyHealthService", "StatsService", "AdminUi"];

    /// <summary>All files with an extension, without build output.</summary>
    public static IEnumerable<SourceFile> Files(params string[] extensions) =>
        Directory.EnumerateFiles(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .Select(file => (File: file, Relative: System.IO.Path.GetRelativePath(Root, file).Replace('\\', '/')))
            .Where(entry => extensions.Contains(System.IO.Path.GetExtension(entry.File)) && !Generated().IsMatch(entry.Relative))
            .Select(entry => new SourceFile(entry.Relative, File.ReadAllText(entry.File)));

    public static string Read(string relative) => File.ReadAllText(System.IO.Path.Combine(Root, relative));

    [GeneratedRegex(@"(^|/)(bin|obj|node_modules|artifacts-aspire|\.local|\.git|TestResults)/|/Migrations/|\.Designer\.cs$", RegexOptions.NonBacktracking)]
    private static partial Regex Generated();
}
