using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace GeminiBalance.Architecture.Tests;

public sealed partial class TidinessTests
{
    private const int MostLines = 300;

    /// <summary>Files that are one room although they are long.</summary>
    private static readonly string[] LongOnPurpose = [];

    [Fact]
    public void EveryFile_IsShortEnoughToRead() =>
        Assert.Empty(Repository.Files(".cs", ".razor").Where(file => file.Lines > MostLines && !LongOnPurpose.Contains(file.Path)).Select(file => $"{file.Path}: {file.Lines}"));

    [Fact]
    public void LongFiles_OnTheList_AreStillLong() =>
        Assert.DoesNotContain(LongOnPurpose, path => Repository.Files(".cs", ".razor").All(file => file.Path != path || file.Lines <= MostLines));

    [Theory]
    [InlineData("AppHost", 80)]
    [InlineData("ProxyService", 30)]
    [InlineData("KeyHealthService", 30)]
    [InlineData("StatsService", 30)]
    [InlineData("AdminUi", 30)]
    public void Program_IsATableOfContents(string project, int most)
    {
        var lines = Repository.Read($"{project}/Program.cs").AsSpan().Count('\n');

        Assert.True(lines <= most, $"{project}/Program.cs has {lines} lines.");
    }

    [Fact]
    public void Nothing_IsLeftUnfinished() => Assert.Empty(Matches(Unfinished(), ".cs", ".razor", ".sh", ".mjs", ""));

    [Fact]
    public void NoFolder_IsCalledAfterAKindOfClass() =>
        Assert.Empty(Repository.Files(".cs", ".razor").SelectMany(file => file.Path.Split('/').SkipLast(1)).Where(folder => folder is "Services" or "Helpers" or "Utils" or "Utilities" or "Common").Distinct());

    [Fact]
    public void NoFile_HoldsAPathOfSomeMachine()
    {
        string[] extensions = [".cs", ".razor", ".md", ".json", ".csproj", ".props", ".targets", ".mjs", ".yml", ".sh", ""];
        var here = Path.GetDirectoryName(Repository.Root) + Path.DirectorySeparatorChar;

        // A folder right under the root, as /tmp, is on every machine.
        var isOfThisMachine = here.AsSpan().Count(Path.DirectorySeparatorChar) > 2;

        Assert.Empty(Matches(MachinePath(), extensions));
        Assert.Empty(Repository.Files(extensions).Where(file => isOfThisMachine && file.Text.Contains(here, StringComparison.Ordinal)).Select(file => file.Path));
    }

    [Fact]
    public void NoFile_NamesAPackageRegistry() => Assert.Empty(Matches(Registry(), ".cs", ".md", ".json", ".csproj", ".props", ".targets", ".config", ".npmrc", ".mjs", ".yml", ".sh", ""));

    [Fact]
    public void EverySuppression_SaysWhy()
    {
        Assert.Empty(Repository.Files(".cs").SelectMany(file => Pragma().Matches(file.Text).Where(match => !match.Groups[1].Value.Contains("//", StringComparison.Ordinal)).Select(match => $"{file.Path}: {match.Value}")));
        Assert.Empty(Repository.Files(".cs").SelectMany(file => Suppression().Matches(file.Text).Where(match => !match.Value.Contains("Justification", StringComparison.Ordinal)).Select(match => $"{file.Path}: {match.Value}")));
        Assert.Empty(Repository.Files(".csproj", ".props").SelectMany(file => Silenced().Matches(file.Text).Where(match => !match.Value.Contains("-->", StringComparison.Ordinal)).Select(match => $"{file.Path}: {match.Value.Trim()}")));
    }

    /// <summary>The host ends the whole process when one of these ends by an exception: what none of them expects must be caught, told and tried again.</summary>
    [Fact]
    public void EveryBackgroundService_OutlivesWhatItDoesNotExpect()
    {
        var loops = Repository.Files(".cs").Where(file => Repository.Services.Append("ServiceDefaults").Contains(file.Project) && Background().IsMatch(file.Text)).ToArray();

        Assert.NotEmpty(loops);
        Assert.Empty(loops.Where(file => !CatchesAll().IsMatch(file.Text)).Select(file => file.Path));
    }

    /// <summary>Long runs are explicit, and asked for by the full check; nothing is skipped.</summary>
    [Fact]
    public void NoTest_IsSwitchedOff() => Assert.Empty(Matches(SwitchedOff(), ".cs"));

    [Fact]
    public void AspireVersion_IsTheSameInBothPlaces()
    {
        var properties = XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants("AspireVersion").Single().Value;
        var imported = XDocument.Parse(Repository.Read("AppHost/AppHost.csproj")).Descendants("Import")
            .Where(import => (string?)import.Attribute("Sdk") == "Aspire.AppHost.Sdk")
            .Select(import => (string?)import.Attribute("Version"));

        Assert.All(imported, version => Assert.Equal(properties, version));
        Assert.NotEmpty(imported);
    }

    [Fact]
    public void Documents_NameOnlyWhatExists()
    {
        var missing =
            from file in Repository.Files(".md")
            where file.Path is "README.md" or "README.zh-CN.md" || file.Path.EndsWith("/README.md", StringComparison.Ordinal) || file.Path.StartsWith("docs/", StringComparison.Ordinal)
            let folder = Path.GetDirectoryName(Path.Combine(Repository.Root, file.Path))!
            from path in PathsIn(file.Text)
            where !Path.Exists(Path.Combine(folder, path)) && !Path.Exists(Path.Combine(Repository.Root, path))
            select $"{file.Path} names {path}";

        Assert.Empty(missing.Distinct());
        Assert.True(File.Exists(Path.Combine(Repository.Root, "README.md")), "There is no README.md.");
    }

    [Fact]
    public void Readmes_HaveTheSameOutline()
    {
        static IEnumerable<int> Outline(string file) => Heading().Matches(Repository.Read(file)).Select(match => match.Groups[1].Length);

        Assert.Equal(Outline("README.md"), Outline("README.zh-CN.md"));
    }

    /// <summary>Links to files, and file or folder names of this repository in code style.</summary>
    private static IEnumerable<string> PathsIn(string text) =>
        Linked().Matches(text).Select(match => (match.Groups[1].Success ? match.Groups[1] : match.Groups[2]).Value.Split('#')[0])
            .Where(path => path.Length > 0 && !path.Contains(':', StringComparison.Ordinal))
            .Concat(InCode().Matches(text).Select(match => match.Groups[1].Value).Where(path => Path.Exists(Path.Combine(Repository.Root, path.Split('/')[0]))));

    private static IEnumerable<string> Matches(Regex pattern, params string[] extensions) =>
        from file in Repository.Files(extensions)
        where !file.Path.StartsWith("tests/Architecture.Tests/", StringComparison.Ordinal) && !file.Path.Contains("/Fixtures/", StringComparison.Ordinal)
        from Match match in pattern.Matches(file.Text)
        select $"{file.Path}: {match.Value}";

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException", RegexOptions.NonBacktracking)]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\b(?:Fact|Theory)\([^)]*\bSkip ?=", RegexOptions.NonBacktracking)]
    private static partial Regex SwitchedOff();

    [GeneratedRegex(@"class [^{;]*:\s*BackgroundService\b", RegexOptions.NonBacktracking)]
    private static partial Regex Background();

    /// <summary>A clause without a condition, or with one that lets only the end of the host through.</summary>
    [GeneratedRegex(@"catch \(Exception(?: e)?\)(?: when \(![\w.]+\.IsCancellationRequested\))?\s*\{", RegexOptions.NonBacktracking)]
    private static partial Regex CatchesAll();

    [GeneratedRegex(@"(?:^|[^\w.])/(?:home|root|Users)/[\w.-]+|[A-Z]:\\Users\\", RegexOptions.NonBacktracking | RegexOptions.Multiline)]
    private static partial Regex MachinePath();

    [GeneratedRegex(@"nuget\.org|npmjs\.org|registry\.npm|api\.nuget|deb\.debian", RegexOptions.NonBacktracking)]
    private static partial Regex Registry();

    [GeneratedRegex(@"\[(?:assembly: )?SuppressMessage\([^\]]*\]", RegexOptions.NonBacktracking)]
    private static partial Regex Suppression();

    [GeneratedRegex(@"#pragma [w]arning disable ([^\r\n]*)", RegexOptions.NonBacktracking)]
    private static partial Regex Pragma();

    /// <summary>With the line before it, where the reason stands.</summary>
    [GeneratedRegex(@"[^\n]*\n[^\n]*<NoWarn[^\n]*", RegexOptions.NonBacktracking)]
    private static partial Regex Silenced();

    [GeneratedRegex(@"`([A-Za-z][\w.-]*(?:/[\w.-]+)+/?)`", RegexOptions.NonBacktracking)]
    private static partial Regex InCode();

    [GeneratedRegex(@"\]\(([^)\s]+)\)|(?:src|srcset)=""([^""]+)""", RegexOptions.NonBacktracking)]
    private static partial Regex Linked();

    [GeneratedRegex(@"^(#+) ", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Heading();
}
