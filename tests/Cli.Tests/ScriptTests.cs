using Xunit;

namespace GeminiBalance.Cli.Tests;

/// <summary>What the script itself decides, before anything is built or started.</summary>
public sealed class ScriptTests
{
    private static readonly string[] Verbs = ["demo", "up", "down", "test", "status", "logs", "doctor", "keys import", "keys list", "keys check", "keys enable", "keys undo", "keys cleanup", "keys imports list", "keys imports cancel", "keys pools list", "keys pools limits set", "keys pools limits reset", "keys pools reset", "access-keys create", "access-keys list", "access-keys rotate", "access-keys revoke", "access-keys import", "usage", "replay", "backup", "restore", "rebuild-projections", "password", "version", "help"];

    [Theory]
    [InlineData("gb")]
    [InlineData(".ci/run")]
    public async Task Script_IsValidBash(string script)
    {
        var result = await RunAsync("bash", "-n", Path.Combine(Script.Root, script));

        Assert.Equal((0, ""), (result.Code, result.Error));
    }

    [Fact]
    public async Task Help_ListsEveryVerb()
    {
        var help = (await GbAsync("help")).Output + (await GbAsync("help", "keys")).Output + (await GbAsync("help", "access-keys")).Output;

        Assert.All(Verbs, verb => Assert.Contains("./gb " + verb, help, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Help_OfEveryVerb_IsThere()
    {
        foreach (var verb in Verbs.Select(verb => verb.Split(' ')[0]).Distinct())
        {
            var (byVerb, byOption) = (await GbAsync("help", verb), await GbAsync(verb, "--help"));

            Assert.Equal((0, byVerb.Output), (byVerb.Code, byOption.Output));
            Assert.Contains("./gb ", byVerb.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Version_IsTheSolutions() => Assert.StartsWith("GeminiBalance " + Announcing.Version, (await GbAsync("version")).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("dance")]
    [InlineData("demo", "--colour")]
    [InlineData("demo", "now")]
    [InlineData("demo", "--detach=no")]
    [InlineData("up", "--port", "0")]
    [InlineData("up", "--admin-port=65536")]
    [InlineData("up", "--data")]
    [InlineData("up", "--data=")]
    [InlineData("status", "--json")]
    [InlineData("keys", "dance")]
    [InlineData("keys", "import")]
    [InlineData("keys", "cleanup", "now")]
    [InlineData("keys", "pools")]
    [InlineData("keys", "imports", "undo")]
    [InlineData("access-keys", "create", "one", "two")]
    [InlineData("access-keys", "create", "one", "--rpm")]
    [InlineData("access-keys", "rotate")]
    [InlineData("backup")]
    [InlineData("backup", "one", "two")]
    [InlineData("restore", "--force")]
    [InlineData("backup", "one", "--force")]
    [InlineData("test", "No.Such.Tests")]
    public async Task Misuse_IsOneSentenceAndTwo(params string[] args)
    {
        var result = await GbAsync(args);

        Assert.Equal(2, result.Code);
        Assert.Equal("", result.Output);
        Assert.StartsWith("gb: ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    [Fact]
    public async Task Misuse_EmptyWord_IsToldAsAWord() =>
        Assert.Equal("gb: '' is not expected here.", (await GbAsync("demo", "")).Error.Trim());

    [Fact]
    public async Task Start_UnknownEngine_NamesTheSetting()
    {
        var result = await GbAsync(["up"], environment: ("AppHostEngine", "Docker"));

        Assert.Equal(2, result.Code);
        Assert.Contains("AppHostEngine is 'Docker'", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_FolderOfOtherThings_IsRefusedAndUntouched()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("letter.txt"), "mine", TestContext.Current.CancellationToken);

        var result = await GbAsync("demo", "--ephemeral", "--data", folder.Path);

        Assert.Equal(2, result.Code);
        Assert.Equal([folder.In("letter.txt")], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Start_EphemeralOnEarlierData_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("lock"), "", TestContext.Current.CancellationToken);

        var result = await GbAsync("demo", "--ephemeral", "--data", folder.Path);

        Assert.Equal(2, result.Code);
        Assert.Contains("--ephemeral would delete", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_RealOnADemosData_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("lock"), "", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.In("profile"), "demo\n", TestContext.Current.CancellationToken);

        var result = await GbAsync("up", "--data", folder.Path);

        Assert.Equal(2, result.Code);
        Assert.Contains("./gb demo", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ServersMissingAndNotToBeInstalled_NamesTheCommand()
    {
        using var folder = new TemporaryFolder();
        foreach (var program in (string[])["bash", "dirname", "grep", "ls"]) File.CreateSymbolicLink(folder.In(program), (await RunAsync("bash", "-c", "command -v " + program)).Output.Trim());
        await File.WriteAllTextAsync(folder.In("dotnet"), "#!/bin/sh\necho '10.0.100 [/sdk]'\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(folder.In("dotnet"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var result = await GbAsync(["demo", "--no-install", "--data", folder.In("data")], environment: ("PATH", folder.Path));

        Assert.Equal(1, result.Code);
        Assert.Matches("Missing: .*redis-server.*Install with: sudo apt-get .*redis-server", result.Error);
        Assert.False(Directory.Exists(folder.In("data")));
    }

    private static Task<ScriptResult> GbAsync(params string[] args) => GbAsync(args, null);

    private static Task<ScriptResult> GbAsync(string[] args, (string Name, string Value)? environment) =>
        Script.RunAsync(["bash", Path.Combine(Script.Root, "gb"), .. args], environment);

    private static Task<ScriptResult> RunAsync(params string[] command) => Script.RunAsync(command, null);
}
