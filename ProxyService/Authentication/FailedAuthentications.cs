using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>Counts wrong access keys per address, so that guessing is slow. Requests with a right key are never held up by the wrong ones of a neighbour behind the same address.</summary>
/// <param name="options">The budget.</param>
/// <param name="time">The clock.</param>
internal sealed class FailedAuthentications(IOptionsMonitor<AuthenticationOptions> options, TimeProvider time)
{
    /// <summary>Beyond so many addresses everybody unknown shares one budget: memory stays bounded whatever is thrown at it.</summary>
    private const int MostAddresses = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private Dictionary<IPAddress, int> counts = [];
    private DateTimeOffset endsAt;

    /// <summary>Counts a failure.</summary>
    /// <param name="address">Whose.</param>
    /// <returns>How long to wait when the budget is used up; null while it is not.</returns>
    public TimeSpan? Count(IPAddress? address)
    {
        var budget = options.CurrentValue.FailuresPerMinute;
        var source = Network(address ?? IPAddress.None);
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (now >= endsAt)
            {
                counts = [];
                endsAt = now + Window;
            }

            if (counts.Count >= MostAddresses && !counts.ContainsKey(source))
            {
                source = IPAddress.None;
            }

            var count = counts.GetValueOrDefault(source) + 1;
            counts[source] = count;
            return count > budget ? endsAt - now : null;
        }
    }

    /// <summary>Who has one IPv6 address has a whole /64 of them.</summary>
    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
