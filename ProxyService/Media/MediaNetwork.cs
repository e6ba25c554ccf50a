using System.Net;
using System.Net.Sockets;

namespace GeminiBalance.ProxyService.Media;

/// <summary>The way to the hosts of remote media: names become addresses, addresses connections. What is resolved is what is connected to, so a name cannot change in between.</summary>
internal class MediaNetwork
{
    /// <summary>The addresses of a host.</summary>
    public virtual Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);

    /// <summary>Connects to an address that was checked.</summary>
    public virtual async Task<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a host, if every address of it belongs to the open internet.</summary>
    /// <exception cref="MediaRefusedException">One does not.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(host.Host, out var literal) ? [literal] : await ResolveAsync(host.Host, cancellationToken).ConfigureAwait(false);
        if (addresses.Length == 0 || !Array.TrueForAll(addresses, PublicAddress.Is))
        {
            throw new MediaRefusedException();
        }

        // A host may have addresses this machine has no way to.
        for (var i = 0; i < addresses.Length - 1; i++)
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(addresses[i], host.Port), cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException)
            {
            }
        }

        return await ConnectAsync(new IPEndPoint(addresses[^1], host.Port), cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>A host is none of the open internet.</summary>
internal sealed class MediaRefusedException() : IOException("The host is none of the open internet.");
