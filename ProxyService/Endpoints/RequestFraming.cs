using GeminiBalance.ProxyService.OpenAi;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>Limits of connections and requests, and framings that two parsers could read differently.</summary>
internal static class RequestFraming
{
    /// <summary>Sets the limits.</summary>
    public static void LimitRequests(this WebApplicationBuilder builder)
    {
        // A bare line feed must not end a header line: proxies before us may not agree.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBody.MaximumBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 100;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxConcurrentConnections = 20_000;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 100;
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(10));
        });
    }

    /// <summary>Refuses doubtful framings before anything reads the request.</summary>
    public static void UseStrictFraming(this WebApplication app) => app.Use((context, next) => Refusal(context.Request) is { } error ? RefuseAsync(context, error) : next(context));

    private static OpenAiError? Refusal(HttpRequest request)
    {
        if (HttpMethods.IsTrace(request.Method) || HttpMethods.IsConnect(request.Method))
        {
            return OpenAiError.WrongMethod(request.Method, request.Path, "GET or POST");
        }

        if (request.Headers.TransferEncoding is not { Count: > 0 } encoding)
        {
            return null;
        }

        // Kestrel moves a Content-Length that comes with a Transfer-Encoding out of the way, instead of refusing both.
        return request.Protocol == HttpProtocol.Http10 || !encoding.ToString().Equals("chunked", StringComparison.OrdinalIgnoreCase) || request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length")
            ? OpenAiError.Invalid("invalid_framing", "The request's framing is ambiguous.")
            : null;
    }

    private static Task RefuseAsync(HttpContext context, OpenAiError error) => ErrorResponses.WriteAsync(context, error, closes: true);
}
