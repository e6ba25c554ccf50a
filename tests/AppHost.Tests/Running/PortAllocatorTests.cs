using System.Net;
using System.Net.Sockets;
using Xunit;

namespace GeminiBalance.AppHost.Tests.Running;

public sealed class PortAllocatorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _told = [];
    private readonly HashSet<int> _taken = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Port_Preferred_IsGivenSilently()
    {
        Assert.Equal(8080, New().Allocate("proxy", "http", null, 8080));
        Assert.Empty(_told);
    }

    [Fact]
    public void Port_Taken_NextFreeOneIsGivenAndTold()
    {
        _taken.UnionWith([8080, 8082]);
        var allocator = New();
        allocator.Reserve([8080, 8081]);

        Assert.Equal(8083, allocator.Allocate("proxy", "http", null, 8080));
        Assert.Equal("port 8080 is taken: proxy listens on 8083 (Ports:proxy chooses another)", Assert.Single(_told));
    }

    [Fact]
    public void Port_InTheNextRun_IsTheSame()
    {
        _taken.Add(8080);
        var first = New();
        var (proxy, redis) = (first.Allocate("proxy", "http", null, 8080), first.Allocate("redis", "tcp", null, null));
        first.Save();
        _taken.Clear();
        var second = New();

        Assert.Equal(proxy, second.Allocate("proxy", "http", null, 8080));
        Assert.Equal(redis, second.Allocate("redis", "tcp", null, null));
        Assert.InRange(redis, 20000, 32767);
    }

    [Fact]
    public void Port_ChosenByTheOperator_WinsOverTheKeptOne()
    {
        var first = New();
        first.Allocate("proxy", "http", null, 8080);
        first.Save();

        Assert.Equal(9000, New().Allocate("proxy", "http", 9000, 8080));
    }

    [Fact]
    public void Ports_Random_DifferAndAreNotKept()
    {
        var allocator = New(randomize: true);
        var ports = Enumerable.Range(0, 20).Select(i => allocator.Allocate("r" + i, "tcp", null, 8080)).ToArray();
        allocator.Save();

        Assert.Equal(20, ports.Distinct().Count());
        Assert.DoesNotContain(8080, ports);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Ports_FileDamaged_AreChosenAnew()
    {
        File.WriteAllText(_folder.New("ports.json"), "{");

        Assert.Equal(8080, New().Allocate("proxy", "http", null, 8080));
    }

    [Fact]
    public void IsFree_ListenedOn_IsNot()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.False(PortAllocator.IsFree(port, everywhere: false));
        Assert.False(PortAllocator.IsFree(port, everywhere: true));
        listener.Stop();
        Assert.True(PortAllocator.IsFree(port, everywhere: false));
    }

    private PortAllocator New(bool randomize = false) => new(_folder.Path, randomize, port => !_taken.Contains(port), _told.Add);
}
