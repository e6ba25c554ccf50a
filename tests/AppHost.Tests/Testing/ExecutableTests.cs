using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace GeminiBalance.AppHost.Tests.Testing;

/// <summary>Applications of scripts only, started inside the test.</summary>
public sealed class ExecutableTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resource_Running_IsHealthyAndStopsWithTheApplication()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("sleeper", "sleep", "/", "600");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);

        var running = await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", Cancellation);
        var pid = Assert.Single(running.Snapshot.ProcessIds);
        Assert.True(ProcessTable.IsAlive(pid));
        await app.StopAsync(Cancellation);

        Assert.Equal(HealthStatus.Healthy, running.Snapshot.HealthStatus);
        Assert.False(ProcessTable.IsAlive(pid));
    }

    [Fact]
    public async Task DataFolder_OfATest_IsDeletedAtTheEnd()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var folder = builder.Configuration["DataFolder"]!;
        builder.AddExecutable("sleeper", "sleep", "/", "600");
        await using (var app = await builder.BuildAsync(Cancellation))
        {
            await app.StartAsync(Cancellation);
            await app.ResourceNotifications.WaitForResourceAsync("sleeper", KnownResourceStates.Running, Cancellation);
            Assert.True(Directory.Exists(folder));
        }

        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Completion_IsWaitedFor()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var step = builder.AddExecutable("step", "true", "/");
        builder.AddExecutable("after", "sleep", "/", "600").WaitForCompletion(step);
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);

        await app.ResourceNotifications.WaitForResourceHealthyAsync("after", Cancellation);
        var finished = await app.ResourceNotifications.WaitForResourceAsync("step", e => e.Snapshot.ExitCode is not null, Cancellation);

        Assert.Equal(KnownResourceStates.Finished, finished.Snapshot.State!.Text);
        Assert.Equal(0, finished.Snapshot.ExitCode);
    }

    [Fact]
    public async Task Completion_WithTheWrongCode_FailsTheOneThatWaits()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        var step = builder.AddExecutable("step", "sh", "/", "-c", "echo no schema; exit 3");
        builder.AddExecutable("after", "sleep", "/", "600").WaitForCompletion(step);
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);

        var failure = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.ResourceNotifications.WaitForResourceHealthyAsync("after", Cancellation));

        Assert.Contains("'step'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("exit code 3: no schema", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replica_TakenDown_StaysDownUntilReleased_HoweverOften()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("sleeper", "sleep", "/", "600");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", Cancellation);
        var replica = app.Services.GetRequiredService<Runner>().RunnerOf("sleeper").Replicas.Single();

        for (var i = 0; i < 6; i++)
        {
            var pid = replica.Child!.Pid;
            await ResourceRunner.TakeDownAsync(replica, Signal.Kill).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            Assert.False(ProcessTable.IsAlive(pid));
            Assert.False(replica.IsRunning);

            ResourceRunner.Release(replica);
            await app.ResourceNotifications.WaitForResourceAsync("sleeper", e => e.Snapshot.ProcessIds is [var now] && now != pid, Cancellation);
        }

        Assert.Equal(KnownResourceStates.Running, app.ResourceNotifications.Find("sleeper")!.State!.Text);
    }

    [Fact]
    public async Task Process_Killed_IsStartedAgain()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("sleeper", "sleep", "/", "600");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);
        var first = await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", Cancellation);
        var pid = first.Snapshot.ProcessIds[0];

        ProcessTable.Send(pid, 9);
        var second = await app.ResourceNotifications.WaitForResourceAsync(
            "sleeper", e => e.Snapshot is { HealthStatus: HealthStatus.Healthy, ProcessIds: [var now] } && now != pid, Cancellation);

        Assert.Equal(KnownResourceStates.Running, second.Snapshot.State!.Text);
    }

    [Fact]
    public async Task Output_OfAResource_IsInItsLog()
    {
        using TemporaryFolder folder = new();
        await using var builder = DistributedApplicationTestingBuilder.Create("--DataFolder=" + folder.New("data"), "--LocalEngine:Ephemeral=false");
        // More than a pipe holds, in one line and in many, to both streams.
        builder.AddExecutable("talker", "sh", "/", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo; seq 1 20000; echo on error >&2");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);

        await app.ResourceNotifications.WaitForResourceAsync("talker", KnownResourceStates.Finished, Cancellation);
        var log = await File.ReadAllTextAsync(folder.New("data/talker/log.txt"), Cancellation);

        Assert.Equal(300000, log.Count(c => c == 'x'));
        Assert.Contains("\n20000\n", log, StringComparison.Ordinal);
        Assert.Contains("on error\n", log, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.New("data/talker/log.txt")));
    }

    [Fact]
    public async Task Settings_OfTheEngine_AreNotPassedOn()
    {
        using TemporaryFolder folder = new();
        await using var builder = DistributedApplicationTestingBuilder.Create("--DataFolder=" + folder.New("data"), "--LocalEngine:Ephemeral=false");
        Environment.SetEnvironmentVariable("Parameters__other_secret", "of-somebody-else");
        builder.AddExecutable("printer", "env", "/").WithEnvironment("OWN", "value");
        await using var app = await builder.BuildAsync(Cancellation);
        await app.StartAsync(Cancellation);

        await app.ResourceNotifications.WaitForResourceAsync("printer", KnownResourceStates.Finished, Cancellation);
        var printed = await File.ReadAllTextAsync(folder.New("data/printer/log.txt"), Cancellation);

        Assert.Contains("OWN=value", printed, StringComparison.Ordinal);
        Assert.DoesNotContain("of-somebody-else", printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resource_Unknown_IsRefusedByName()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("sleeper", "sleep", "/", "600");
        await using var app = await builder.BuildAsync(Cancellation);
        Assert.Throws<InvalidOperationException>(() => app.GetEndpoint("sleeper"));
        await app.StartAsync(Cancellation);

        Assert.Throws<ArgumentException>(() => app.GetEndpoint("nobody"));
        Assert.Throws<ArgumentException>(() => app.CreateHttpClient("sleeper"));
    }
}
