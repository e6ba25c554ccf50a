using System.Diagnostics;
using Xunit;

namespace GeminiBalance.Cli.Tests;

/// <summary>What the script asks of the program, and on which data folder.</summary>
public sealed class ScriptDispatchTests : IDisposable
{
    private readonly ScriptClone clone = new();
    private readonly Process running = Process.Start("sleep", "600");

    public void Dispose()
    {
        if (!running.HasExited) running.Kill();
        running.Dispose();
        clone.Dispose();
    }

    [Theory]
    [InlineData("up", ".local-demo", "demo", ".local")]
    [InlineData("demo", ".local", "up", ".local-demo")]
    public async Task Restore_WithoutAFolder_TakesTheOneOfTheBackupsSystem(string profile, string present, string presentProfile, string meant)
    {
        clone.AddData(present, presentProfile);
        clone.Says("backup-profile", profile);

        var result = await clone.GbAsync("restore", "/backups/one");

        Assert.Equal(1, result.Code);
        Assert.Equal(clone.In(meant) + "|restore-check|/backups/one", clone.Asked[^1]);
    }

    [Fact]
    public async Task Restore_OfAnotherSystemsBackup_IsRefusedAndStopsNothing()
    {
        clone.AddData("data", "demo", "state.json");
        clone.Says("backup-profile", "up");
        clone.Says("restore-check", "up");
        clone.Says("running", running.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

        var result = await clone.GbAsync("restore", "/backups/one", "--force", "--data", clone.In("data"));

        Assert.Equal(2, result.Code);
        Assert.Contains("holds the data of './gb demo'", result.Error, StringComparison.Ordinal);
        Assert.False(running.HasExited);
    }

    [Fact]
    public async Task Restore_WhereTheEncryptionKeyWouldGoWithTheFolder_IsRefusedAndStopsNothing()
    {
        clone.AddData("data", "up", "state.json", "ephemeral");
        clone.Says("backup-profile", "up");
        clone.Says("restore-check", "up");
        clone.Says("running", running.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

        var result = await clone.GbAsync("restore", "/backups/one", "--force", "--data", clone.In("data"));

        Assert.Equal(1, result.Code);
        Assert.Contains("set Parameters__encryption_key", result.Error, StringComparison.Ordinal);
        Assert.False(running.HasExited);
        Assert.True(Directory.Exists(clone.In("data")));
    }

    [Fact]
    public async Task Up_FromAnotherFolder_OnWhatAnEphemeralRunLeft_BeginsAnewAndForGood()
    {
        foreach (var folder in (string[])["AppHost/LocalEngine", "ProxyService", "KeyHealthService", "StatsService", "AdminUi", "tests/GeminiSimulator"])
        {
            Directory.CreateDirectory(clone.In(folder));
        }

        File.WriteAllText(clone.In("AppHost/AppHost.csproj"), "");
        File.WriteAllText(clone.In("AppHost/Program.cs"), "");
        clone.AddData("data", "up", "ephemeral", "left-behind");

        var result = await clone.GbFromAsync("/", "up", "--detach", "--data", clone.In("data"));

        Assert.DoesNotContain("No such file", result.Error, StringComparison.Ordinal);
        Assert.Contains(clone.Asked, line => line.StartsWith($"--DataFolder={clone.In("data")}", StringComparison.Ordinal));
        Assert.False(File.Exists(clone.In("data/ephemeral")));
        Assert.False(File.Exists(clone.In("data/left-behind")));
        Assert.True(File.Exists(clone.In("data/lock")));
    }

    [Fact]
    public async Task Settings_SetToNothing_PassesTheEmptyValueOn()
    {
        clone.Says("settings", "");

        var result = await clone.GbAsync("settings", "set", "Models:Default", "", "--json");

        Assert.Equal((0, clone.In(".local") + "|settings|set|Models:Default||--json"), (result.Code, clone.Asked[^1]));
    }
}
