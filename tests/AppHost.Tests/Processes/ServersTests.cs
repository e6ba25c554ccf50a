using System.Text.Json;
using Xunit;

namespace GeminiBalance.AppHost.Tests.Processes;

/// <summary>Two applications with real servers, side by side on different data folders.</summary>
public sealed class TwoApplications : IAsyncLifetime
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(120);
    private readonly TemporaryFolder _folder = new();

    internal HostProcess First { get; private set; } = null!;

    internal HostProcess Second { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        First = new HostProcess(_folder.New("first"), "--LocalEngine:Ephemeral=true");
        Second = new HostProcess(_folder.New("second"), "--LocalEngine:Ephemeral=true");
        await Task.WhenAll(First.WaitForHealthyAsync("worker", _startLimit), Second.WaitForHealthyAsync("worker", _startLimit));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in (HostProcess[])[First, Second])
        {
            if (ProcessTable.IsAlive(host.Pid)) host.Send(15);
            await host.WaitForExitAsync(TimeSpan.FromSeconds(20));
            host.Dispose();
            // Killed, it could not take away what root's PostgreSQL has outside the data folder.
            var marker = Path.Combine(host.Folder, "postgres", "home");
            if (File.Exists(marker)) Directory.Delete(Path.GetDirectoryName((await File.ReadAllTextAsync(marker)).Trim())!, recursive: true);
        }

        _folder.Dispose();
    }
}

public sealed class ServersTests(TwoApplications applications) : IClassFixture<TwoApplications>
{
    [Fact]
    public async Task Applications_SideBySide_RunStopAndDieWithoutTrace()
    {
        var (first, second) = (applications.First, applications.Second);
        AssertAllIsWell(first);
        AssertAllIsWell(second);
        Assert.Empty(Addresses(first).Intersect(Addresses(second)));
        var ofFirst = ProcessTable.DescendantsOf(first.Pid);
        var ofSecond = ProcessTable.DescendantsOf(second.Pid);
        Assert.All(["epmd", "beam.smp", "redis-server", "postgres"], name => Assert.Contains(ofFirst, p => p.Name == name));
        AssertNoSecretsInSight(first, ofFirst);

        await StopAsync(first, ofFirst);
        Assert.All(ofSecond.Where(p => p.Name is "epmd" or "beam.smp" or "redis-server"), p => Assert.True(ProcessTable.IsAlive(p), p.Name));
        await KillAsync(second, ofSecond);
    }

    private static async Task StopAsync(HostProcess host, IReadOnlyList<ProcessId> children)
    {
        host.Send(15);

        Assert.Equal(0, await host.WaitForExitAsync(TimeSpan.FromSeconds(15)));
        Assert.DoesNotContain(children, ProcessTable.IsAlive);
        Assert.False(File.Exists(host.StateFile));
        Assert.False(Directory.Exists(host.Folder));
        var lines = host.Lines.ToList();
        var worker = lines.FindIndex(l => l.Contains("worker ends", StringComparison.Ordinal));
        var postgres = lines.FindIndex(l => l.Contains("received fast shutdown", StringComparison.Ordinal));
        var redis = lines.FindIndex(l => l.Contains("Redis is now ready to exit", StringComparison.Ordinal));
        Assert.True(worker >= 0 && worker < redis, $"worker {worker}, redis {redis}");
        Assert.True(postgres >= 0, "PostgreSQL was not asked to stop");
    }

    private static async Task KillAsync(HostProcess host, IReadOnlyList<ProcessId> children)
    {
        host.Send(9);
        await host.WaitForExitAsync(TimeSpan.FromSeconds(20));

        var left = await ProcessTable.WaitUntilGoneAsync(children, TimeSpan.FromSeconds(60));

        Assert.Empty(left);
    }

    private static void AssertAllIsWell(HostProcess host)
    {
        var state = host.State();
        Assert.Equal(host.Pid, state.GetProperty("pid").GetInt32());
        var resources = state.GetProperty("resources").EnumerateArray().ToDictionary(r => r.GetProperty("name").GetString()!);
        foreach (var name in (string[])["postgres", "geminibalance", "redis", "messaging", "worker"])
        {
            Assert.Equal("Running", resources[name].GetProperty("state").GetString());
            Assert.Equal("Healthy", resources[name].GetProperty("health").GetString());
        }

        Assert.Equal("Finished", resources["step"].GetProperty("state").GetString());
        Assert.Equal(0, resources["step"].GetProperty("exitCode").GetInt32());
    }

    private static IEnumerable<string> Addresses(HostProcess host) =>
        host.State().GetProperty("resources").EnumerateArray().SelectMany(r => r.GetProperty("endpoints").EnumerateObject()).Select(e => e.Value.GetString()!);

    private static void AssertNoSecretsInSight(HostProcess host, IReadOnlyList<ProcessId> processes)
    {
        var secrets = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(Path.Combine(host.Folder, "parameters.json")))!.Values;
        Assert.Equal(3, secrets.Count);
        var sights = processes.Select(p => File.Exists($"/proc/{p.Pid}/cmdline") ? File.ReadAllText($"/proc/{p.Pid}/cmdline") : "")
            .Concat(host.Lines)
            .Append(File.ReadAllText(host.StateFile))
            .Concat(Directory.GetFiles(host.Folder, "log.txt", SearchOption.AllDirectories).Select(File.ReadAllText));
        foreach (var sight in sights) Assert.All(secrets, secret => Assert.DoesNotContain(secret, sight, StringComparison.Ordinal));
    }
}
