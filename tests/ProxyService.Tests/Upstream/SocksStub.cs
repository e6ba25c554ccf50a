using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GeminiBalance.ProxyService.Tests.Upstream;

/// <summary>A SOCKS 5 proxy (RFC 1928, 1929) that asks for a user and leads every connection to one place.</summary>
internal sealed class SocksStub : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Uri target;

    public SocksStub(Uri target)
    {
        this.target = target;
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Who came last, and where they wanted to go.</summary>
    public (string User, string Password, string Host)? Seen { get; private set; }

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var accepted = client;
        try
        {
            var stream = client.GetStream();
            await ReadAsync(stream, (await ReadAsync(stream, 2))[1]);
            await stream.WriteAsync(new byte[] { 5, 2 });
            var user = await TextAsync(stream, (await ReadAsync(stream, 2))[1]);
            var password = await TextAsync(stream, (await ReadAsync(stream, 1))[0]);
            await stream.WriteAsync(new byte[] { 1, 0 });
            var kind = (await ReadAsync(stream, 4))[3];
            var host = kind == 3 ? await TextAsync(stream, (await ReadAsync(stream, 1))[0]) : new IPAddress(await ReadAsync(stream, kind == 1 ? 4 : 16)).ToString();
            _ = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(stream, 2));
            Seen = (user, password, host);
            using var onward = new TcpClient();
            await onward.ConnectAsync(target.Host, target.Port);
            await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 });
            await Task.WhenAny(stream.CopyToAsync(onward.GetStream()), onward.GetStream().CopyToAsync(stream));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The other side is gone.
        }
    }

    private static async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    private static async Task<string> TextAsync(NetworkStream stream, int count) => Encoding.UTF8.GetString(await ReadAsync(stream, count));
}
