using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace GeminiBalance.LocalEngine;

/// <summary>Gives every endpoint a free port, the same one in every run where possible.</summary>
internal sealed class PortAllocator(string folder, bool randomize, Func<int, bool> isFree, Action<string> tell)
{
    // Below the range from which the system takes ports for outgoing connections.
    private const int FirstInternalPort = 20000;
    private const int InternalPorts = 10000;
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };
    private readonly HashSet<int> _given = [];
    private readonly SortedDictionary<string, int> _kept = randomize ? new(StringComparer.Ordinal) : Load(folder);

    private readonly HashSet<int> _reserved = [];

    /// <summary>Ports that belong to somebody by preference: nobody else is moved there.</summary>
    public void Reserve(IEnumerable<int> preferred) => _reserved.UnionWith(preferred);

    /// <param name="resource">Name of the resource.</param>
    /// <param name="endpoint">Name of its endpoint.</param>
    /// <param name="chosen">The operator's choice.</param>
    /// <param name="preferred">The project's choice.</param>
    public int Allocate(string resource, string endpoint, int? chosen, int? preferred)
    {
        var key = $"{resource}/{endpoint}";
        var wanted = chosen ?? (randomize ? null : _kept.TryGetValue(key, out var kept) ? kept : preferred);
        int port;
        if (wanted is { } first)
        {
            port = Usable(first, mine: first) ? first : Next(first);
            if (port != first) tell($"port {Text(first)} is taken: {resource} listens on {Text(port)} (Ports:{resource} chooses another)");
        }
        else
        {
            port = randomize ? RandomPort() : Next(StartFor(key));
        }

        _given.Add(port);
        _kept[key] = port;
        return port;
    }

    public void Save()
    {
        if (!randomize) PrivateFiles.Write(FileIn(folder), JsonSerializer.SerializeToUtf8Bytes(_kept, _json));
    }

    public int RandomPort()
    {
        while (true)
        {
            using TcpListener listener = new(IPAddress.Loopback, 0);
            listener.Start();
            var port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (_given.Add(port)) return port;
        }
    }

    public static bool IsFree(int port, bool everywhere)
    {
        IPAddress[] addresses = everywhere ? [IPAddress.Any] : Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];
        foreach (var address in addresses)
        {
            try
            {
                using TcpListener listener = new(address, port);
                listener.Start();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                return false;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable)
            {
                // No such address on this machine: nobody can listen there.
            }
        }

        return true;
    }

    private int Next(int after)
    {
        for (var port = after; port < 65536; port++)
        {
            if (Usable(port, mine: 0)) return port;
        }

        return RandomPort();
    }

    private bool Usable(int port, int mine) => !_given.Contains(port) && (port == mine || !_reserved.Contains(port)) && isFree(port);

    private int StartFor(string key)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(folder + "|" + key));
        return FirstInternalPort + (int)(BitConverter.ToUInt32(hash) % InternalPorts);
    }

    private static string FileIn(string folder) => Path.Combine(folder, "ports.json");

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private static SortedDictionary<string, int> Load(string folder)
    {
        if (!File.Exists(FileIn(folder))) return new(StringComparer.Ordinal);
        try
        {
            return new(JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllBytes(FileIn(folder))) ?? [], StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            // Ports are a convenience: a damaged file costs only their stability.
            return new(StringComparer.Ordinal);
        }
    }
}
