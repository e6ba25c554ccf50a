using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults.Egress;

/// <summary>Settings of section <c>Upstream</c>: how Google is reached. Changeable while the service runs.</summary>
public sealed class UpstreamOptions : IValidateOptions<UpstreamOptions>
{
    /// <summary>Proxies to reach Google through, separated by commas; empty for none. Every key stays with one of them.</summary>
    public string? Proxies { get; set; }

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, UpstreamOptions options) =>
        ProxyList.Refuse(options.Proxies ?? "") is { } expected ? ValidateOptionsResult.Fail($"Upstream:Proxies must be {expected}.")
        : ProxyList.Parse(options.Proxies)!.Any(proxy => proxy.IsMasked) ? ValidateOptionsResult.Fail("Upstream:Proxies holds a masked password.")
        : ValidateOptionsResult.Success;
}

/// <summary>
/// The ways to Google: directly, or through one of several proxies, each with long-lived connections of its own. A key is bound to a proxy by rendezvous hashing
/// of its id: all replicas agree without asking each other, a proxy that is taken out moves only its own keys, and one that comes takes its share of them.
/// </summary>
public sealed class UpstreamWays : IDisposable
{
    private readonly Func<IWebProxy?, SocketsHttpHandler> open;
    private readonly Lock gate = new();
    private readonly IDisposable? changes;
    private volatile Way[] ways;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="options">The proxies.</param>
    /// <param name="open">Makes the handler of a way; it sets everything but the proxy.</param>
    public UpstreamWays(IOptionsMonitor<UpstreamOptions> options, Func<IWebProxy?, SocketsHttpHandler> open)
    {
        this.open = open;
        ways = Build(options.CurrentValue, []);
        changes = options.OnChange(Follow);
    }

    /// <summary>The way of a key.</summary>
    /// <param name="key">Its id; empty for calls without a key of their own.</param>
    public HttpMessageInvoker Of(Guid key) => Choose(ways, key).Invoker;

    /// <summary>Whether a key is asked through a proxy.</summary>
    /// <param name="key">Its id.</param>
    public bool HasProxy(Guid key) => Choose(ways, key).Proxy is not null;

    /// <summary>Opens every way anew: what the handlers are made of has changed. Calls under way go on.</summary>
    public void Renew()
    {
        lock (gate)
        {
            ways = [.. ways.Select(way => new Way(way.Proxy, Open(way.Proxy)))];
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        changes?.Dispose();
        foreach (var way in ways)
        {
            way.Invoker.Dispose();
        }
    }

    /// <summary>The proxy of a key among several.</summary>
    /// <param name="proxies">At least one.</param>
    /// <param name="key">The key's id.</param>
    public static ProxyAddress Assign(IReadOnlyList<ProxyAddress> proxies, Guid key) => proxies.MaxBy(proxy => Score(proxy.Identity, key))!;

    private static Way Choose(Way[] ways, Guid key)
    {
        if (ways.Length == 1)
        {
            return ways[0];
        }

        var (best, highest) = (ways[0], 0UL);
        foreach (var way in ways)
        {
            var score = Score(way.Proxy!.Identity, key);
            if (score >= highest)
            {
                (best, highest) = (way, score);
            }
        }

        return best;
    }

    private static ulong Score(ulong proxy, Guid key)
    {
        Span<byte> both = stackalloc byte[24];
        key.TryWriteBytes(both);
        BinaryPrimitives.WriteUInt64LittleEndian(both[16..], proxy);
        return XxHash3.HashToUInt64(both);
    }

    /// <summary>A way that is no longer taken is not closed under the calls that are on it: its connections end when they have been idle for long enough.</summary>
    private void Follow(UpstreamOptions options)
    {
        lock (gate)
        {
            ways = Build(options, ways);
        }
    }

    /// <summary>A proxy that stays keeps its connections.</summary>
    private Way[] Build(UpstreamOptions options, Way[] before)
    {
        var proxies = ProxyList.Parse(options.Proxies) ?? [];
        return proxies.Count == 0
            ? [before.FirstOrDefault(way => way.Proxy is null) ?? new Way(null, Open(null))]
            : [.. proxies.Select(proxy => before.FirstOrDefault(way => way.Proxy?.Reveal() == proxy.Reveal()) ?? new Way(proxy, Open(proxy)))];
    }

    private HttpMessageInvoker Open(ProxyAddress? proxy) => new(open(proxy is null ? null : new WebProxy(proxy.Address) { Credentials = proxy.Credentials }));

    private sealed record Way(ProxyAddress? Proxy, HttpMessageInvoker Invoker);
}
