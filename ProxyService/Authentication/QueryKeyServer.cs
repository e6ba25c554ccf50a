using System.Text;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>
/// Stands before the server's application: takes <c>key</c> and other credentials out of every address. Gemini's own clients may send their key there, and the host's
/// own log lines and trace spans of a request begin before any middleware runs.
/// </summary>
/// <param name="server">The server.</param>
internal sealed class QueryKeyServer(IServer server) : IServer
{
    private static readonly string[] Credentials = ["key", "$key", "access_token", "oauth_token", "api_key"];

    /// <inheritdoc />
    public IFeatureCollection Features => server.Features;

    /// <inheritdoc />
    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull => server.StartAsync(new Application<TContext>(application), cancellationToken);

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    /// <inheritdoc />
    public void Dispose() => server.Dispose();

    /// <summary>Takes the credentials out of a request's address.</summary>
    /// <param name="features">The request.</param>
    internal static void Strip(IFeatureCollection features)
    {
        if (features.Get<IHttpRequestFeature>() is not { } request || string.IsNullOrEmpty(request.QueryString))
        {
            return;
        }

        var rest = new StringBuilder(request.QueryString.Length);
        var found = false;
        QueryAccessKey? shown = null;
        foreach (var part in request.QueryString.AsSpan(1).Split('&'))
        {
            var pair = request.QueryString.AsSpan(1)[part];
            var split = pair.IndexOf('=');
            var name = Decode(split < 0 ? pair : pair[..split]);
            if (Array.Exists(Credentials, credential => name.Equals(credential, StringComparison.OrdinalIgnoreCase)))
            {
                found = true;
                if (name is "key")
                {
                    var value = split < 0 ? "" : Decode(pair[(split + 1)..]);
                    shown = new QueryAccessKey(shown is null && value.Length > 0 ? new Secret(value) : null);
                }
            }
            else if (!pair.IsEmpty)
            {
                rest.Append(rest.Length == 0 ? '?' : '&').Append(pair);
            }
        }

        if (!found)
        {
            return;
        }

        request.QueryString = rest.ToString();
        var end = request.RawTarget.IndexOf('?', StringComparison.Ordinal);
        request.RawTarget = (end < 0 ? request.RawTarget : request.RawTarget[..end]) + request.QueryString;
        if (shown is not null)
        {
            features.Set(shown);
        }
    }

    private static string Decode(ReadOnlySpan<char> text) => Uri.UnescapeDataString(text.ToString().Replace('+', ' '));

    private sealed class Application<TContext>(IHttpApplication<TContext> inner) : IHttpApplication<TContext>
        where TContext : notnull
    {
        public TContext CreateContext(IFeatureCollection contextFeatures)
        {
            Strip(contextFeatures);
            return inner.CreateContext(contextFeatures);
        }

        public Task ProcessRequestAsync(TContext context) => inner.ProcessRequestAsync(context);

        public void DisposeContext(TContext context, Exception? exception) => inner.DisposeContext(context, exception);
    }
}
