using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.ServiceDefaults;

/// <summary>Errors of the internal APIs: RFC 9457 problem details with a stable <c>code</c> and the trace's id.</summary>
public static class ProblemResponses
{
    /// <summary>A problem a caller can act on.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="code">A stable word for programs, in snake_case.</param>
    /// <param name="detail">A sentence for people; holds no secret.</param>
    public static ProblemHttpResult Problem(int status, string code, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });

    internal static IServiceCollection AddProblemResponses(this IServiceCollection services)
    {
        // A body that cannot be read is the caller's mistake, whoever notices it.
        services.Configure<ExceptionHandlerOptions>(options => options.StatusCodeSelector = e => e is BadHttpRequestException refused ? refused.StatusCode : StatusCodes.Status500InternalServerError);
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        return services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            context.ProblemDetails.Extensions.TryAdd("code", CodeOf(context.ProblemDetails.Status ?? context.HttpContext.Response.StatusCode));
        });
    }

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "invalid_request",
        StatusCodes.Status401Unauthorized => "unauthenticated",
        StatusCodes.Status403Forbidden => "forbidden",
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status409Conflict => "conflict",
        StatusCodes.Status413PayloadTooLarge => "too_large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported_media_type",
        StatusCodes.Status429TooManyRequests => "too_many_requests",
        StatusCodes.Status503ServiceUnavailable => "unavailable",
        < StatusCodes.Status500InternalServerError => "invalid_request",
        _ => "internal_error",
    };
}
