using System.Net;
using System.Net.Sockets;

namespace GeminiBalance.TestKit;

/// <summary>Ports nobody listens on.</summary>
public static class FreePort
{
    /// <summary>So many different ports, free on loopback at this moment. Let a server choose its own (port 0) where it can: until it listens, somebody else may take a port.</summary>
    /// <param name="count">How many.</param>
    public static int[] Take(int count)
    {
        var listeners = new TcpListener[count];
        for (var i = 0; i < count; i++)
        {
            listeners[i] = new TcpListener(IPAddress.Loopback, 0);
            listeners[i].Start();
        }

        return Array.ConvertAll(listeners, listener =>
        {
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            listener.Dispose();
            return port;
        });
    }

    /// <summary>One of them.</summary>
    public static int Take() => Take(1)[0];
}
