using System.Net;
using System.Net.Sockets;
using Xunit;

namespace GeminiBalance.AppHost.Tests.Running;

public sealed class EndpointProxyTests
{
    [Fact]
    public async Task Connections_GoRoundRobin_AndPastDeadInstances()
    {
        using Instance one = new("one");
        using Instance two = new("two");
        var port = FreePort();
        var dead = FreePort();
        using EndpointProxy proxy = new(port, everywhere: false, () => [one.Port, dead, two.Port]);

        List<string> answers = [];
        for (var i = 0; i < 6; i++) answers.Add(await AskAsync(port));

        Assert.Equal(6, answers.Count);
        Assert.True(answers.Count(a => a == "one") >= 2, string.Join(',', answers));
        Assert.True(answers.Count(a => a == "two") >= 2, string.Join(',', answers));
    }

    [Fact]
    public async Task Connection_WithoutAnyInstance_IsClosed()
    {
        var port = FreePort();
        using EndpointProxy proxy = new(port, everywhere: false, () => []);

        Assert.Equal("", await AskAsync(port));
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<string> AskAsync(int port)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        using StreamReader reader = new(client.GetStream());
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    /// <summary>Says its name to every caller.</summary>
    private sealed class Instance : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Instance(string name)
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _ = ServeAsync(name);
        }

        public int Port { get; }

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync(string name)
        {
            try
            {
                while (true)
                {
                    using var caller = await _listener.AcceptTcpClientAsync();
                    await caller.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(name));
                }
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                // Disposed.
            }
        }
    }
}
