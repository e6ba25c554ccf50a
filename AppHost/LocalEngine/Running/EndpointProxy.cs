using System.Net;
using System.Net.Sockets;

namespace GeminiBalance.LocalEngine;

/// <summary>One port in front of several instances: each connection goes to the next one that takes it.</summary>
internal sealed class EndpointProxy : IDisposable
{
    private readonly Func<IReadOnlyList<int>> _targets;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<TcpListener> _listeners = [];
    private uint _next;

    /// <exception cref="SocketException">The port is taken.</exception>
    public EndpointProxy(int port, bool everywhere, Func<IReadOnlyList<int>> targets)
    {
        _targets = targets;
        Listen(new IPEndPoint(everywhere ? IPAddress.Any : IPAddress.Loopback, port));
        if (!everywhere && Socket.OSSupportsIPv6)
        {
            try
            {
                Listen(new IPEndPoint(IPAddress.IPv6Loopback, port));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
            {
                // The machine has no IPv6 loopback address: callers use the other one.
            }
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        foreach (var listener in _listeners) listener.Dispose();
        _stopping.Dispose();
    }

    private void Listen(IPEndPoint at)
    {
        TcpListener listener = new(at);
        try
        {
            listener.Start(512);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        _listeners.Add(listener);
        _ = AcceptAsync(listener, _stopping.Token);
    }

    private async Task AcceptAsync(TcpListener listener, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptSocketAsync(stopping).ConfigureAwait(false);
                _ = ServeAsync(client, stopping);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // This caller is gone already; the next one may not be.
            }
        }
    }

    private async Task ServeAsync(Socket client, CancellationToken stopping)
    {
        using var caller = client;
        try
        {
            using var target = await ConnectAsync(stopping).ConfigureAwait(false);
            if (target is null) return;
            caller.NoDelay = true;
            await Task.WhenAll(CopyAsync(caller, target, stopping), CopyAsync(target, caller, stopping)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side broke off: the other one is closed too.
        }
    }

    private async Task<Socket?> ConnectAsync(CancellationToken stopping)
    {
        var targets = _targets();
        var first = Interlocked.Increment(ref _next);
        for (var i = 0u; i < targets.Count; i++)
        {
            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, targets[(int)((first + i) % (uint)targets.Count)], stopping).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken stopping)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer, stopping).ConfigureAwait(false)) > 0)
            {
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), stopping).ConfigureAwait(false);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // A reset is passed on: half a connection would leave the other side waiting.
            from.Close(0);
            to.Close(0);
        }
    }
}
