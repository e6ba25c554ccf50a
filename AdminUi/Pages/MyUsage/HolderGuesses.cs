using System.Net;
using System.Net.Sockets;

namespace GeminiBalance.AdminUi.Pages.MyUsage;

/// <summary>Counts wrong access keys by address, and locks those that guess. Kept in memory and bounded.</summary>
internal sealed class HolderGuesses(TimeProvider time)
{
    private const int Allowed = 10;
    private const int Most = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private readonly Dictionary<IPAddress, (int Wrong, DateTimeOffset Until)> addresses = [];
    private readonly Lock gate = new();

    /// <summary>Counts a try as wrong until it is forgiven.</summary>
    /// <returns>Until when the address is locked; null when it may try.</returns>
    public DateTimeOffset? Begin(IPAddress? address)
    {
        var (place, now) = (Place(address), time.GetUtcNow());
        lock (gate)
        {
            if (addresses.TryGetValue(place, out var known) && known.Until > now)
            {
                if (known.Wrong >= Allowed)
                {
                    return known.Until;
                }

                addresses[place] = (known.Wrong + 1, now + Window);
                return null;
            }

            MakeRoom(now);
            addresses[place] = (1, now + Window);
            return null;
        }
    }

    /// <summary>Takes back the last try: it was not wrong.</summary>
    public void Forgive(IPAddress? address)
    {
        var place = Place(address);
        lock (gate)
        {
            if (addresses.TryGetValue(place, out var known))
            {
                addresses[place] = (Math.Max(0, known.Wrong - 1), known.Until);
            }
        }
    }

    /// <summary>Whoever has one IPv6 address has all of its network.</summary>
    private static IPAddress Place(IPAddress? address)
    {
        if (address is null)
        {
            return IPAddress.None;
        }

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

    private void MakeRoom(DateTimeOffset now)
    {
        if (addresses.Count < Most)
        {
            return;
        }

        foreach (var (place, _) in addresses.Where(known => known.Value.Until <= now).ToList())
        {
            addresses.Remove(place);
        }

        if (addresses.Count >= Most)
        {
            addresses.Remove(addresses.MinBy(known => known.Value.Until).Key);
        }
    }
}
