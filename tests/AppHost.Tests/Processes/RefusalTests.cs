using Xunit;

namespace GeminiBalance.AppHost.Tests.Processes;

/// <summary>What keeps the AppHost from starting is said in one sentence, and nothing is left half-started.</summary>
public sealed class RefusalTests : IDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DataFolder_InUse_SecondIsRefused_FirstGoesOn()
    {
        using HostProcess first = new(_folder.New("data"), "--Servers=false");
        await first.WaitForHealthyAsync("worker", _limit);

        using HostProcess second = new(first.Folder, "--Servers=false");
        var code = await second.WaitForExitAsync(_limit);

        Assert.Equal(1, code);
        Assert.Equal(
            $"The data folder {first.Folder} is in use by another AppHost (process {first.Pid}): stop it, or name another folder with DataFolder.",
            Assert.Single(second.Lines));
        Assert.Equal(first.Pid, first.State().GetProperty("pid").GetInt32());
        first.Send(15);
        Assert.Equal(0, await first.WaitForExitAsync(_limit));
    }

    [Fact]
    public async Task Setting_NeitherTrueNorFalse_IsRefusedInOneSentence()
    {
        using HostProcess host = new(_folder.New("data"), "--Servers=false", "--LocalEngine:Ephemeral=yes");

        Assert.Equal(1, await host.WaitForExitAsync(_limit));
        Assert.Equal("LocalEngine:Ephemeral is 'yes', but it must be true or false.", Assert.Single(host.Lines));
    }

    [Fact]
    public async Task Setting_TheMapCannotRead_IsRefusedInOneSentence()
    {
        using HostProcess host = new(_folder.New("data"), "--Servers=some");

        Assert.Equal(1, await host.WaitForExitAsync(_limit));
        Assert.Contains("'Servers'", Assert.Single(host.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_NoNumber_IsRefusedInOneSentence()
    {
        using HostProcess host = new(_folder.New("data"), "--Ports:redis=80800");

        Assert.Equal(1, await host.WaitForExitAsync(_limit));
        Assert.Equal("Ports:redis is '80800', but a port is a number from 1 to 65535.", Assert.Single(host.Lines));
        Assert.False(File.Exists(host.StateFile));
    }

    [Fact]
    public async Task Signal_WhileAChildIgnoresIt_StopsAllTheSame()
    {
        using HostProcess host = new(_folder.New("data"), "--Servers=false", "--Stubborn=yes");
        await host.WaitForLineAsync("stubborn: healthy", _limit);
        await host.WaitForLineAsync("worker: healthy", _limit);
        var children = ProcessTable.DescendantsOf(host.Pid);
        Assert.Contains(children, c => c.Name == "sleep");

        host.Send(1);

        Assert.Equal(0, await host.WaitForExitAsync(TimeSpan.FromSeconds(15)));
        Assert.Empty(await ProcessTable.WaitUntilGoneAsync(children, TimeSpan.FromSeconds(60)));
        Assert.False(File.Exists(host.StateFile));
    }

    [Fact]
    public async Task Signal_Second_StopsAtOnce()
    {
        using HostProcess host = new(_folder.New("data"), "--Servers=false", "--Stubborn=yes");
        await host.WaitForLineAsync("stubborn: healthy", _limit);
        var children = ProcessTable.DescendantsOf(host.Pid);
        host.Send(2);
        await host.WaitForLineAsync("stopping", _limit);

        host.Send(2);

        Assert.Equal(130, await host.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        Assert.Empty(await ProcessTable.WaitUntilGoneAsync(children, TimeSpan.FromSeconds(60)));
    }
}
