using Microsoft.AspNetCore.Connections.Features;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>
/// The hash of the access key a connection's client showed last. Clients show the same key with every request, and Kestrel keeps the string of a header whose
/// bytes have not changed: the same string need not be hashed again. Nothing is kept that the connection does not keep anyway, and nothing longer.
/// No record: one would write the key into its text.
/// </summary>
internal sealed class HashOfConnection
{
    private static readonly object Place = new();

    private readonly string header;
    private readonly string hash;

    private HashOfConnection(string header, string hash) => (this.header, this.hash) = (header, hash);

    /// <summary>The hash of the key in a header.</summary>
    /// <param name="context">The request.</param>
    /// <param name="header">The header's value.</param>
    /// <returns>Null when it is not the very string of the request before.</returns>
    public static string? Find(HttpContext context, string header) =>
        ItemsOf(context) is { } items && items.TryGetValue(Place, out var last) && last is HashOfConnection known && ReferenceEquals(known.header, header) ? known.hash : null;

    /// <summary>Remembers the hash of the key in a header.</summary>
    /// <param name="context">The request.</param>
    /// <param name="header">The header's value.</param>
    /// <param name="hash">The hash of the key in it.</param>
    public static void Remember(HttpContext context, string header, string hash)
    {
        if (ItemsOf(context) is { } items)
        {
            items[Place] = new HashOfConnection(header, hash);
        }
    }

    /// <summary>Only where requests come one after the other: HTTP/2 makes every string anew.</summary>
    private static IDictionary<object, object?>? ItemsOf(HttpContext context) =>
        HttpProtocol.IsHttp11(context.Request.Protocol) ? context.Features.Get<IConnectionItemsFeature>()?.Items : null;
}
