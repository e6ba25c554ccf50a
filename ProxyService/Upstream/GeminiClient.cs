using System.Collections.Concurrent;
using System.Net;
using GeminiBalance.ServiceDefaults.Egress;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Upstream;

/// <summary>Calls the Gemini API: one attempt per call, over long-lived handlers without cookies, redirects or a proxy of the environment.</summary>
internal sealed class GeminiClient : IDisposable
{
    private const string KeyHeader = "x-goog-api-key";

    /// <summary>Most addresses that are remembered: a client may ask for any model's name.</summary>
    private const int MostAddresses = 1000;

    private readonly ConcurrentDictionary<(string Model, string Method), Uri> addresses = new();
    private readonly IOptionsMonitor<GeminiOptions> options;
    private readonly UpstreamWays ways;
    private readonly UnheardMeters unheard = new();
    private readonly IDisposable? changes;
    private readonly Uri models;
    private double connectTimeout;

    /// <summary>Opens nothing yet.</summary>
    public GeminiClient(IOptionsMonitor<GeminiOptions> options, IOptionsMonitor<UpstreamOptions> upstream)
    {
        this.options = options;
        models = new Uri(options.CurrentValue.BaseAddress.TrimEnd('/') + "/v1beta/models");
        connectTimeout = options.CurrentValue.ConnectTimeoutSeconds;
        ways = new UpstreamWays(upstream, Open);
        changes = options.OnChange(Follow);
    }

    /// <summary>Calls a method of a model; returns when the head of the answer is there.</summary>
    /// <param name="model">A checked model name.</param>
    /// <param name="method">The method, with its query if it needs one.</param>
    /// <param name="id">The key's id, which says the way to take.</param>
    /// <param name="key">The key; goes into a header and nowhere else.</param>
    /// <param name="body">The request.</param>
    /// <param name="cancellationToken">Hangs up.</param>
    public Task<HttpResponseMessage> CallAsync(string model, string method, Guid id, Secret key, HttpContent body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, AddressOf(model, method), id, key, body, cancellationToken);

    /// <summary>Asks for a page of the models a key may use.</summary>
    /// <param name="id">The key's id, which says the way to take.</param>
    /// <param name="key">The key.</param>
    /// <param name="pageToken">Null for the first page.</param>
    /// <param name="cancellationToken">Hangs up.</param>
    public Task<HttpResponseMessage> ListModelsAsync(Guid id, Secret key, string? pageToken, CancellationToken cancellationToken)
    {
        var query = pageToken is null ? "?pageSize=1000" : $"?pageSize=1000&pageToken={Uri.EscapeDataString(pageToken)}";
        return SendAsync(HttpMethod.Get, new Uri(models.OriginalString + query), id, key, null, cancellationToken);
    }

    /// <summary>Whether a key is asked through a proxy.</summary>
    /// <param name="id">The key's id.</param>
    public bool HasProxy(Guid id) => ways.HasProxy(id);

    /// <inheritdoc />
    public void Dispose()
    {
        changes?.Dispose();
        ways.Dispose();
        unheard.Dispose();
    }

    private Uri AddressOf(string model, string method)
    {
        if (addresses.TryGetValue((model, method), out var known))
        {
            return known;
        }

        Uri address = new(string.Concat(models.OriginalString, "/", Uri.EscapeDataString(model), ":", method));
        if (addresses.Count < MostAddresses)
        {
            addresses.TryAdd((model, method), address);
        }

        return address;
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri address, Guid id, Secret key, HttpContent? body, CancellationToken cancellationToken)
    {
        // Built from nothing: no header of the client ever gets upstream.
        var request = new HttpRequestMessage(method, address)
        {
            Content = body,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.TryAddWithoutValidation(KeyHeader, key.Reveal());
        return ways.Of(id).SendAsync(request, cancellationToken);
    }

    private void Follow(GeminiOptions changed)
    {
        if (Interlocked.Exchange(ref connectTimeout, changed.ConnectTimeoutSeconds) != changed.ConnectTimeoutSeconds)
        {
            ways.Renew();
        }
    }

    private SocketsHttpHandler Open(IWebProxy? proxy) => new()
    {
        UseProxy = proxy is not null,
        Proxy = proxy,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(options.CurrentValue.ConnectTimeoutSeconds),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
        EnableMultipleHttp2Connections = true,
        MaxResponseHeadersLength = 64,

        // A stream nobody reads any more is not read to its end for the sake of the connection: the model would go on writing.
        ResponseDrainTimeout = TimeSpan.Zero,

        // The upstream is not part of our traces: it gets no ids of ours.
        ActivityHeadersPropagator = null,

        // Its calls are counted by outcome and time where they are judged; counting them here too would cost as much as translating them.
        MeterFactory = unheard,
    };
}
