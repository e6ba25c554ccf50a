using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace GeminiBalance.AppHost.Tests;

public sealed partial class EngineSwitchTests
{
    private static readonly string _appHost = Path.Combine(TestPaths.RepositoryRoot, "AppHost", "AppHost.csproj");

    [Fact]
    public void AppHost_SdkVersion_IsTheVersionOfTheAspirePackages()
    {
        var props = File.ReadAllText(Path.Combine(TestPaths.RepositoryRoot, "Directory.Build.props"));
        var packages = AspireVersion().Match(props).Groups[1].Value;

        var sdks = SdkVersion().Matches(File.ReadAllText(_appHost)).Select(m => m.Groups[1].Value).ToArray();

        Assert.NotEmpty(packages);
        Assert.Equal([packages, packages], sdks);
    }

    [Fact]
    public void Map_IsWrittenAgainstAspireOnly()
    {
        var map = File.ReadAllText(Path.Combine(TestPaths.RepositoryRoot, "AppHost", "Program.cs"));

        Assert.DoesNotContain("LocalEngine", map, StringComparison.Ordinal);
        Assert.DoesNotContain("using Aspire", map, StringComparison.Ordinal);
        Assert.InRange(map.Split('\n').Length, 1, 80);
    }

    [Fact]
    public async Task Build_UnknownEngine_IsRefusedInOneSentence()
    {
        ProcessStartInfo start = new("dotnet", ["msbuild", _appHost, "-t:CheckAppHostEngine", "-p:AppHostEngine=Docker", "-nologo"]) { RedirectStandardOutput = true };
        using var build = Process.Start(start)!;
        var output = await build.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await build.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.NotEqual(0, build.ExitCode);
        Assert.Contains("AppHostEngine is 'Docker', but it must be Local or Aspire.", output, StringComparison.Ordinal);
    }

    [GeneratedRegex("<AspireVersion[^>]*>([^<]+)<")]
    private static partial Regex AspireVersion();

    [GeneratedRegex("Sdk=\"Aspire.AppHost.Sdk\" Version=\"([^\"]+)\"")]
    private static partial Regex SdkVersion();
}
