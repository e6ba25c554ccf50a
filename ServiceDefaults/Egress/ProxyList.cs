namespace GeminiBalance.ServiceDefaults.Egress;

/// <summary>Proxies to Google, separated by commas. Nothing said of a list shows a password.</summary>
public static class ProxyList
{
    private const int MostProxies = 200;
    private static readonly char[] Separators = [',', ' ', '\t', '\r', '\n'];

    /// <summary>The proxies of a list.</summary>
    /// <param name="value">The list; null or empty for none.</param>
    /// <returns>Null when one of them is none.</returns>
    public static IReadOnlyList<ProxyAddress>? Parse(string? value)
    {
        var proxies = Split(value).Select(ProxyAddress.Parse).ToArray();
        return Array.Exists(proxies, proxy => proxy is null) ? null : [.. proxies.OfType<ProxyAddress>().DistinctBy(proxy => proxy.Identity)];
    }

    /// <summary>Checks a list.</summary>
    /// <param name="value">The list.</param>
    /// <returns>What lists may be, as the end of a sentence; null when it is one.</returns>
    public static string? Refuse(string value) => Parse(value) is { Count: <= MostProxies }
        ? null
        : $"at most {MostProxies} addresses as http://host:8080, https://user:password@host:443 or socks5://host:1080, separated by commas; letters of a password that mean something in an address are escaped (%40 for @)";

    /// <summary>A list with its passwords masked.</summary>
    /// <param name="value">The list.</param>
    public static string Show(string value) => Parse(value) is { } proxies ? string.Join(", ", proxies) : "(not a list of proxies)";

    /// <summary>Puts the passwords of a known list in the place of masked ones.</summary>
    /// <param name="value">The list, valid.</param>
    /// <param name="known">The list known before; null for none.</param>
    /// <returns>The whole list, or null and the address whose password is not known.</returns>
    public static (string? Value, string? Unknown) Unmask(string value, string? known)
    {
        var before = Parse(known) ?? [];
        var whole = new List<string>();
        foreach (var proxy in Parse(value) ?? [])
        {
            if (!proxy.IsMasked)
            {
                whole.Add(proxy.Reveal());
            }
            else if (before.FirstOrDefault(one => one.Identity == proxy.Identity) is { } one)
            {
                whole.Add(one.Reveal());
            }
            else
            {
                return (null, proxy.ToString());
            }
        }

        return (string.Join(", ", whole), null);
    }

    private static string[] Split(string? value) => (value ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries);
}
