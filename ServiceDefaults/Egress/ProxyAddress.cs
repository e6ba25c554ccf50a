using System.IO.Hashing;
using System.Net;
using System.Text;

namespace GeminiBalance.ServiceDefaults.Egress;

/// <summary>An HTTP or SOCKS proxy between the gateway and Google. Its text never shows the password.</summary>
public sealed class ProxyAddress
{
    private const string Mask = "***";
    private static readonly string[] Schemes = ["http", "https", "socks5"];

    private readonly string? user;
    private readonly string? password;

    private ProxyAddress(Uri address)
    {
        Address = new UriBuilder(address) { UserName = "", Password = "", Path = "" }.Uri;
        if (address.UserInfo is { Length: > 0 } info)
        {
            var colon = info.IndexOf(':', StringComparison.Ordinal);
            user = Uri.UnescapeDataString(colon < 0 ? info : info[..colon]);
            password = colon < 0 ? null : Uri.UnescapeDataString(info[(colon + 1)..]);
        }

        // The password is no part of it: a new one does not move keys to other proxies.
        Identity = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{Address.Scheme}://{user}@{Address.Authority}".ToLowerInvariant()));
    }

    /// <summary>Where it is; without user and password.</summary>
    public Uri Address { get; }

    /// <summary>What tells it from other proxies.</summary>
    public ulong Identity { get; }

    /// <summary>Who asks it; null when it asks nobody.</summary>
    public NetworkCredential? Credentials => user is null ? null : new NetworkCredential(user, password);

    /// <summary>Whether its password is masked, and therefore not known.</summary>
    public bool IsMasked => password == Mask;

    /// <summary>Reads an address.</summary>
    /// <param name="text">As <c>http://host:8080</c>, <c>https://user:password@host:443</c> or <c>socks5://host:1080</c>.</param>
    /// <returns>Null when it is none.</returns>
    public static ProxyAddress? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address)
        && Schemes.Contains(address.Scheme, StringComparer.Ordinal)
        && address is { Host.Length: > 0, Port: > 0, AbsolutePath: "/" or "", Query.Length: 0, Fragment.Length: 0 }
            ? new ProxyAddress(address)
            : null;

    /// <summary>The address with its password, as it is stored encrypted.</summary>
    public string Reveal() => With(password is null ? null : Uri.EscapeDataString(password));

    /// <summary>The address with its password masked.</summary>
    public override string ToString() => With(password is null ? null : Mask);

    private string With(string? shown)
    {
        var who = user is null ? "" : Uri.EscapeDataString(user) + (shown is null ? "" : ":" + shown) + "@";
        return $"{Address.Scheme}://{who}{Address.Authority}";
    }
}
