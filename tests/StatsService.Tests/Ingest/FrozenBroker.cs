using System.Net;
using System.Net.Sockets;

namespace GeminiBalance.StatsService.Tests.Ingest;

/// <summary>The way to a broker that can be made to stand still: connections stay, and nothing comes through.</summary>
internal sealed class FrozenBroker : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ended = new();
    private readonly Uri broker;
    private readonly Task accepting;
    private TaskCompletionSource moving = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FrozenBroker(string broker)
    {
        this.broker = new Uri(broker);
        listener.Start();
        moving.SetResult();
        accepting = AcceptAsync();
    }

    /// <summary>The broker by this way.</summary>
    public string Address => new UriBuilder(broker) { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port }.ToString();

    public void Freeze() => moving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Thaw() => moving.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Thaw();
        await ended.CancelAsync();
        listener.Dispose();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        var relayed = new List<Task>();
        while (!ended.IsCancellationRequested)
        {
            try
            {
                relayed.Add(RelayAsync(await listener.AcceptTcpClientAsync(ended.Token)));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                break;
            }
        }

        await Task.WhenAll(relayed);
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var one = client;
        using var other = new TcpClient();
        await other.ConnectAsync(broker.Host, broker.Port, ended.Token);
        await Task.WhenAny(CopyAsync(one.GetStream(), other.GetStream()), CopyAsync(other.GetStream(), one.GetStream()));
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReadAsync(buffer, ended.Token) is > 0 and var count)
            {
                await moving.Task;
                await to.WriteAsync(buffer.AsMemory(0, count), ended.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One end is gone.
        }
    }
}
