using System.Text.RegularExpressions;
using Xunit;

namespace GeminiBalance.Architecture.Tests;

/// <summary>Who may use whom. A room that needs another arrow gets it here, in review, or the code finds another way.</summary>
public sealed partial class ArrowTests
{
    /// <summary>Arrows between the folders of the gateway; every folder may use what stands behind it, and nothing else.</summary>
    private static readonly Dictionary<string, string[]> ProxyArrows = new()
    {
        ["Endpoints"] = ["Forwarding", "Settings", "Signatures", "Media", "Authentication", "Limits", "KeyPool", "Translation", "Upstream", "Reporting", "OpenAi", "Gemini", "Json"],
        ["Forwarding"] = ["Settings", "Signatures", "Authentication", "Limits", "KeyPool", "Translation", "Upstream", "Reporting", "OpenAi", "Gemini", "Json"],
        ["Settings"] = ["Translation", "OpenAi", "Gemini"],
        ["Signatures"] = ["Translation", "OpenAi", "Gemini", "Json"],
        ["Media"] = ["OpenAi", "Json"],
        ["Translation"] = ["OpenAi", "Gemini", "Json"],
        ["Upstream"] = ["Gemini", "OpenAi", "Json"],
        ["Authentication"] = ["KeyPool", "OpenAi"],
        ["Limits"] = ["KeyPool", "OpenAi"],
        ["KeyPool"] = [],
        ["Reporting"] = ["Json"],
        ["OpenAi"] = ["Json"],
        ["Gemini"] = ["Json"],
        ["Json"] = [],
    };

    /// <summary>Namespaces that are not the folder's: the contracts stand for themselves, and two clients take the place of Aspire's.</summary>
    private static readonly Dictionary<string, string> OtherNamespaces = new()
    {
        ["ServiceDefaults/Contracts/"] = "GeminiBalance.Contracts",
        ["ServiceDefaults/Messaging/WireNames.cs"] = "GeminiBalance.Contracts",
        ["ServiceDefaults/Clients/"] = "Microsoft.Extensions.Hosting",
    };

    public static TheoryData<string> Projects => [.. Repository.Services, "ServiceDefaults"];

    [Fact]
    public void ProxyService_Folders_FollowTheArrows()
    {
        var broken =
            from arrow in FolderArrows.Of("ProxyService")
            where !(ProxyArrows.GetValueOrDefault(arrow.From) ?? []).Contains(arrow.To)
            select $"{arrow.File} uses {arrow.To}";

        Assert.Empty(broken.Distinct());
    }

    [Fact]
    public void ProxyService_EveryFolder_HasItsArrows() =>
        Assert.Empty(Repository.Files(".cs").Where(file => file is { Project: "ProxyService", Folder.Length: > 0 }).Select(file => file.Folder).Distinct().Except(ProxyArrows.Keys));

    [Theory]
    [MemberData(nameof(Projects))]
    public void Folders_OfAProject_FormNoCircle(string project)
    {
        var arrows = FolderArrows.Of(project).ToLookup(arrow => arrow.From);
        var circles = new List<string>();
        foreach (var start in arrows.Select(group => group.Key))
        {
            var seen = new HashSet<string>();
            var open = new Stack<string>(arrows[start].Select(arrow => arrow.To));
            while (open.TryPop(out var folder))
            {
                if (!seen.Add(folder))
                {
                    continue;
                }

                foreach (var next in arrows[folder])
                {
                    open.Push(next.To);
                }
            }

            if (seen.Contains(start))
            {
                circles.AddRange(arrows[start].Where(arrow => Reaches(arrows, arrow.To, start)).Select(arrow => $"{arrow.File} uses {arrow.To}, which comes back to {start}"));
            }
        }

        Assert.Empty(circles.Distinct());
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_FollowTheFolders(string project)
    {
        // Or the arrows above would be drawn between the wrong rooms.
        var wrong =
            from file in Repository.Files(".cs")
            where file.Project == project
            let found = Namespace().Match(file.Text)
            where found.Success
            let expected = OtherNamespaces.FirstOrDefault(other => file.Path.StartsWith(other.Key, StringComparison.Ordinal)).Value
                ?? "GeminiBalance." + string.Join('.', file.Path.Split('/').SkipLast(1))
            where found.Groups[1].Value != expected
            select $"{file.Path} is in {found.Groups[1].Value}";

        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_OfTheProduct_AreNeverUsedGlobally(string project)
    {
        var global = Repository.Files(".cs", ".csproj").Where(file => file.Project == project && GlobalUsing().IsMatch(file.Text)).Select(file => file.Path);

        Assert.Empty(global);
    }

    [Fact]
    public void Services_DoNotKnowEachOther()
    {
        var broken =
            from file in Repository.Files(".cs", ".razor", ".csproj")
            where Repository.Services.Contains(file.Project) || file.Project == "ServiceDefaults"
            from other in Repository.Services
            where other != file.Project && (file.Text.Contains($"GeminiBalance.{other}", StringComparison.Ordinal) || (file.Path.EndsWith(".csproj", StringComparison.Ordinal) && file.Text.Contains($"{other}.csproj", StringComparison.Ordinal)))
            select $"{file.Path} names {other}";

        Assert.Empty(broken);
    }

    [Fact]
    public void Product_DoesNotReferToTests()
    {
        // The AppHost starts the simulator in a demo; it refers to it as to any other program.
        var broken = Repository.Files(".csproj").Where(file => file.Project is not ("tests" or "AppHost") && file.Text.Contains("tests/", StringComparison.Ordinal)).Select(file => file.Path);

        Assert.Empty(broken);
    }

    [Fact]
    public void ProxyService_HasNoDatabase()
    {
        var broken = Repository.Files(".cs", ".csproj").Where(file => file.Project == "ProxyService" && Database().IsMatch(file.Text)).Select(file => file.Path);

        Assert.Empty(broken);
    }

    [Fact]
    public void Contracts_NeedNothingButSystem()
    {
        var broken =
            from file in Repository.Files(".cs")
            where file.Path.StartsWith("ServiceDefaults/Contracts/", StringComparison.Ordinal)
            from Match use in Using().Matches(file.Text)
            where !use.Groups[1].Value.StartsWith("System", StringComparison.Ordinal)
            select $"{file.Path} uses {use.Groups[1].Value}";

        Assert.Empty(broken);
    }

    [Fact]
    public void Translation_IsPure()
    {
        var broken =
            from file in Repository.Files(".cs")
            where file.Path.StartsWith("ProxyService/Translation/", StringComparison.Ordinal)
            from Match use in Impure().Matches(file.Text)
            select $"{file.Path} uses {use.Value}";

        Assert.Empty(broken.Distinct());
    }

    private static bool Reaches(ILookup<string, FolderArrow> arrows, string from, string to)
    {
        var seen = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out var folder))
        {
            if (folder == to)
            {
                return true;
            }

            if (seen.Add(folder))
            {
                foreach (var next in arrows[folder])
                {
                    open.Push(next.To);
                }
            }
        }

        return false;
    }

    [GeneratedRegex(@"Npgsql|Marten|EntityFrameworkCore|AddNpgsql", RegexOptions.NonBacktracking)]
    private static partial Regex Database();

    [GeneratedRegex(@"\b(TimeProvider|ILogger|HttpClient|HttpContext|IServiceProvider|File|Random|DateTime\.Now|DateTime\.UtcNow|DateTimeOffset\.UtcNow|Environment)\b", RegexOptions.NonBacktracking)]
    private static partial Regex Impure();

    [GeneratedRegex(@"^using (?:static )?([\w.]+);", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Using();

    [GeneratedRegex(@"^namespace ([\w.]+)", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^global using (?:static )?GeminiBalance|<Using Include=""GeminiBalance", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex GlobalUsing();
}
