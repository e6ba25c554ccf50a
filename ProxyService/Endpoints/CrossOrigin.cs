using GeminiBalance.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Endpoints;

/// <summary>Settings of section <c>Cors</c>. Changeable while the gateway runs.</summary>
internal sealed class CorsOptions : IValidateOptions<CorsOptions>
{
    private string? origins;
    private HashSet<string> known = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Origins whose pages may call the gateway, separated by commas, as <c>https://app.example.org</c>; <c>*</c> for all; empty for none.</summary>
    public string? Origins
    {
        get => origins;
        set => (origins, known) = (value, [.. OriginList.Split(value)]);
    }

    /// <summary>Whether pages of any origin are let in.</summary>
    internal bool AllowsSome => known.Count > 0;

    /// <summary>What an origin is told: itself, <c>*</c>, or null when it is not let in.</summary>
    internal string? Answer(string origin) => known.Contains("*") ? "*" : known.Contains(origin) ? origin : null;

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, CorsOptions options) =>
        OriginList.Refuse(options.Origins ?? "") is { } expected ? ValidateOptionsResult.Fail($"Cors:Origins must be {expected}.") : ValidateOptionsResult.Success;
}

/// <summary>Lets pages of other origins call the gateway, where an operator allows it. They never get credentials of the browser: access keys are sent by the page itself.</summary>
internal static class CrossOrigin
{
    private const string Methods = "GET, POST";
    private const string Exposed = "x-request-id, x-gb-attempts, x-gb-warnings, x-gb-model-version, x-should-retry, Retry-After, "
        + "x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens";

    private const string UsualHeaders = "Authorization, Content-Type, x-goog-api-key, X-Client-Request-Id";
    private const int LongestHeaders = 2000;
    private const string PreflightSeconds = "600";

    /// <summary>What is not for clients.</summary>
    private static readonly string[] Internal = ["/internal", "/metrics", "/health", "/alive"];

    /// <summary>Answers preflights, and tells browsers who may read an answer.</summary>
    public static void UseCrossOrigin(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptionsMonitor<CorsOptions>>();
        app.Use((context, next) =>
        {
            // Programs send no origin: for them this is one look at a header.
            var origin = context.Request.Headers.Origin;
            if (origin.Count == 0 || !options.CurrentValue.AllowsSome || Array.Exists(Internal, path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
            {
                return next(context);
            }

            return AnswerAsync(context, next, origin is [{ } one] ? options.CurrentValue.Answer(one) : null);
        });
    }

    private static Task AnswerAsync(HttpContext context, RequestDelegate next, string? answer)
    {
        var preflight = HttpMethods.IsOptions(context.Request.Method) && context.Request.Headers.AccessControlRequestMethod.Count > 0;

        // Errors clear what headers there are: these are put on at the last moment.
        context.Response.OnStarting(() =>
        {
            Write(context, answer, preflight);
            return Task.CompletedTask;
        });
        if (answer is null || !preflight)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static void Write(HttpContext context, string? answer, bool preflight)
    {
        var headers = context.Response.Headers;
        headers.Append("Vary", "Origin");
        if (answer is null)
        {
            return;
        }

        headers.AccessControlAllowOrigin = answer;
        if (!preflight)
        {
            headers.AccessControlExposeHeaders = Exposed;
            return;
        }

        headers.Append("Vary", "Access-Control-Request-Headers");
        headers.AccessControlAllowMethods = Methods;
        headers.AccessControlAllowHeaders = HeadersFor(context.Request.Headers.AccessControlRequestHeaders);
        headers.AccessControlMaxAge = PreflightSeconds;
    }

    /// <summary>Client libraries send headers of their own; what the gateway does not know it does not read.</summary>
    private static string HeadersFor(string? asked) => asked is { Length: > 0 and <= LongestHeaders } && asked.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or ',' or ' ')
        ? asked
        : UsualHeaders;
}
