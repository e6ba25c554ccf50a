using System.Net;
using System.Net.Sockets;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>An address or a network an access key may be used from, as the proxies compare it with a client's: one of IPv4 is always that of IPv4. Pure.</summary>
internal static class AllowedAddress
{
    /// <summary>How many bits of an IPv4 address that is written as one of IPv6 are no part of it.</summary>
    private const int MappedBits = 96;

    /// <summary>Brings one into its stored form.</summary>
    /// <param name="text">As the operator wrote it.</param>
    /// <returns>Null when it is none, or could never be a client's.</returns>
    public static string? Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var written = slash < 0 ? text : text[..slash];
        if (!IPAddress.TryParse(written, out var address) || !IsWhole(written, address))
        {
            return null;
        }

        var stored = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (slash < 0)
        {
            return stored.ToString();
        }

        // What is set behind the network's part is cut off, as it is when addresses are compared.
        return !IPNetwork.TryParse(text, out var network) || (address.IsIPv4MappedToIPv6 && network.PrefixLength < MappedBits) ? null
            : address.IsIPv4MappedToIPv6 ? IPNetwork.Parse($"{stored}/{network.PrefixLength - MappedBits}").ToString()
            : network.ToString();
    }

    /// <summary>192.168.1 is read as 192.168.0.1, and 010 as 8: who writes so means something else.</summary>
    private static bool IsWhole(string written, IPAddress address) => address.AddressFamily != AddressFamily.InterNetwork || written == address.ToString();
}
