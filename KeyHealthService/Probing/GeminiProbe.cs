using System.Net;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Egress;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Asks the upstream for one model name, which shows whether it accepts the key and costs no quota.</summary>
internal sealed class GeminiProbe(HttpClient client)
{
    private const int LargestAnswer = 256 << 10;

    public async Task<ProbeAnswer> AskAsync(Guid id, Secret key, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1beta/models?pageSize=1");
        request.Options.Set(UpstreamRoute.KeyId, id);
        if (!request.Headers.TryAddWithoutValidation("x-goog-api-key", key.Reveal()))
        {
            return new ProbeAnswer(UpstreamOutcomeClass.ClientError, null, null);
        }

        try
        {
            using var response = await client.SendAsync(request, cancellation);
            if (response.StatusCode == HttpStatusCode.ProxyAuthenticationRequired)
            {
                // Google never says this: a proxy before it refuses us.
                return new ProbeAnswer(UpstreamOutcomeClass.NetworkError, null, null);
            }

            return ProbeAnswer.Read((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ProbeAnswer(UpstreamOutcomeClass.Timeout, null, null);
        }
        catch (HttpRequestException)
        {
            return new ProbeAnswer(UpstreamOutcomeClass.NetworkError, null, null);
        }
    }

    /// <summary>No redirects, which would carry the key elsewhere; no logging, which could show it.</summary>
    public static void Configure(IHttpClientBuilder builder) => builder
        .RemoveAllLoggers()
        .ConfigurePrimaryHttpMessageHandler(services => new UpstreamRoute(services.GetRequiredService<UpstreamWays>()))
        .ConfigureHttpClient(client => client.MaxResponseContentBufferSize = LargestAnswer);

    /// <summary>Makes the handler of a way: the one the gateway's own calls take, so never over a proxy of the environment, which would say of keys what is not true of them there.</summary>
    public static SocketsHttpHandler Open(IWebProxy? proxy) => new()
    {
        UseProxy = proxy is not null,
        Proxy = proxy,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}
