using GeminiBalance.ServiceDefaults.Egress;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Sends a request the way of its key, as the proxies do: a key that Google sees from one address is not probed from another.</summary>
internal sealed class UpstreamRoute(UpstreamWays ways) : HttpMessageHandler
{
    /// <summary>The id of the key a request goes out with.</summary>
    public static readonly HttpRequestOptionsKey<Guid> KeyId = new("gemini-key-id");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        ways.Of(request.Options.TryGetValue(KeyId, out var id) ? id : Guid.Empty).SendAsync(request, cancellationToken);
}
