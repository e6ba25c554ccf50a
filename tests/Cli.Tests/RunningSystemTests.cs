using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace GeminiBalance.Cli.Tests;

public sealed class RunningSystemTests
{
    [Theory]
    [InlineData("postgres", "Running", "Healthy", null, true, false)]
    [InlineData("proxy", "Running", "Unhealthy", null, false, false)]
    [InlineData("proxy", "Starting", null, null, false, false)]
    [InlineData("keyhealth-migrate", "Running", null, null, false, false)]
    [InlineData("keyhealth-migrate", "Finished", null, 0, true, false)]
    [InlineData("keyhealth-migrate", "Finished", null, 1, false, true)]
    [InlineData("messaging", "FailedToStart", null, null, false, true)]
    public void Resource_InAState_IsReadyOrFailedOrNeither(string name, string state, string? health, int? exitCode, bool ready, bool failed)
    {
        var resource = new ResourceState(name, "any", state, health, null, null, exitCode, null);

        Assert.Equal((ready, failed), (resource.IsReady, resource.HasFailed));
    }

    [Fact]
    public void State_OfAnEngineThatSaysMore_IsRead()
    {
        var state = JsonSerializer.Deserialize(
            """
            {"pid":7,"startedAt":"2026-01-31T08:00:00+00:00","demo":true,"news":1,"resources":[{"name":"proxy","type":"Project","state":"Running","health":"Healthy",
             "endpoints":{"http":"http://localhost:8080"},"replicas":[{"pid":8}],"exitCode":null,"reason":null,"log":"/tmp/log.txt"}]}
            """,
            StateJson.Default.SystemState)!;

        Assert.Equal(new Uri("http://localhost:8080"), new RunningSystem("/nowhere", state).Address("proxy"));
        Assert.Equal(8, Assert.Single(state.Resources[0].Replicas!).Pid);
    }

    [Fact]
    public void TryOn_FolderWithoutState_IsNothing()
    {
        using var folder = new TemporaryFolder();

        Assert.Null(RunningSystem.TryOn(folder.Path));
    }

    [Fact]
    public void TryOn_ProcessOfAnotherProgram_IsNothing()
    {
        using var folder = new TemporaryFolder();
        using var other = StartSleeper("something-else");
        WriteState(folder, other.Id);

        Assert.Null(RunningSystem.TryOn(folder.Path));
        other.Kill();
    }

    [Fact]
    public void TryOn_AppHost_IsItsSystemUntilItEnds()
    {
        using var folder = new TemporaryFolder();
        using var host = StartSleeper("GeminiBalance.AppHost.dll");
        WriteState(folder, host.Id);

        Assert.Equal(host.Id, RunningSystem.TryOn(folder.Path)!.State.Pid);
        host.Kill();
        host.WaitForExit();
        Assert.Null(RunningSystem.TryOn(folder.Path));
    }

    [Fact]
    public void On_NothingRuns_NamesTheFolderAndTheRemedy()
    {
        using var folder = new TemporaryFolder();

        var refusal = Assert.Throws<CliException>(() => RunningSystem.On(folder.Path));

        Assert.Contains(folder.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("./gb demo", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadyAsync_AppHostThatEnded_SaysWhy()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.In("apphost.log"), "Starting\nPorts:proxy is 'x', but a port is a number.\n\n", TestContext.Current.CancellationToken);
        using var host = StartSleeper("GeminiBalance.AppHost.dll");
        host.Kill();
        await host.WaitForExitAsync(TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<CliException>(() => RunningSystem.ReadyAsync(folder.Path, host.Id, TimeSpan.FromSeconds(10)));

        Assert.Contains("Ports:proxy is 'x'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadyAsync_FailedResource_SaysWhichAndWhy()
    {
        using var folder = new TemporaryFolder();
        using var host = StartSleeper("GeminiBalance.AppHost.dll");
        var log = folder.In("log.txt");
        await File.WriteAllTextAsync(log, "Unhandled exception. Boom: no schema\n   at X.Y()\n", TestContext.Current.CancellationToken);
        WriteState(folder, host.Id, new ResourceState("stats-migrate", "project", "Finished", null, null, null, 1, log));

        var refusal = await Assert.ThrowsAsync<CliException>(() => RunningSystem.ReadyAsync(folder.Path, host.Id, TimeSpan.FromSeconds(10)));

        Assert.Equal("stats-migrate did not start: Unhandled exception. Boom: no schema", refusal.Message);
        host.Kill();
    }

    [Fact]
    public async Task ReadyAsync_StateOfAnEarlierRun_IsNotBelieved()
    {
        using var folder = new TemporaryFolder();
        using var earlier = StartSleeper("GeminiBalance.AppHost.dll");
        using var host = StartSleeper("GeminiBalance.AppHost.dll");
        WriteState(folder, earlier.Id, new ResourceState("proxy", "project", "Running", "Healthy", null, null, null, null));

        await Assert.ThrowsAsync<CliException>(() => RunningSystem.ReadyAsync(folder.Path, host.Id, TimeSpan.Zero));

        earlier.Kill();
        host.Kill();
    }

    [Theory]
    [InlineData("first\nlast\n", "last")]
    [InlineData("Unhandled exception. Why\n   at A.B()\n--- End of stack trace ---\n   at C.D()\n", "Unhandled exception. Why")]
    [InlineData("fail: an error\nStopping\n", "fail: an error")]
    [InlineData(" \n\n", null)]
    public void TellingLine_OfALog_IsTheCause(string log, string? expected) => Assert.Equal(expected, RunningSystem.TellingLine(log.Split('\n')));

    private static void WriteState(TemporaryFolder folder, int pid, params ResourceState[] resources) => File.WriteAllText(
        folder.In("state.json"),
        JsonSerializer.Serialize(new SystemState(pid, DateTimeOffset.UnixEpoch, false, resources), StateJson.Default.SystemState));

    /// <summary>A process that calls itself as told, and ends by itself if the test does not end it.</summary>
    private static Process StartSleeper(string name)
    {
        var process = Process.Start(new ProcessStartInfo("bash", ["-c", $"exec -a {name} sleep 60"]))!;
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Id}/cmdline");
        Assert.True(SpinWait.SpinUntil(() => File.Exists(file) && File.ReadAllText(file).StartsWith(name, StringComparison.Ordinal), TimeSpan.FromSeconds(60)), "The process did not take its name.");
        return process;
    }
}
