using GeminiBalance.KeyHealthService.Store;
using GeminiBalance.ServiceDefaults;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;

namespace GeminiBalance.KeyHealthService;

/// <summary>Exceptions that a caller can act on become problem details; all others stay 500.</summary>
internal sealed class RefusalHandler : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = exception switch
        {
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ProblemResponses.Problem(413, "too_large", "The body is too large."),
            BadHttpRequestException e => ProblemResponses.Problem(e.StatusCode, "invalid_request", "The request cannot be read."),
            TimeoutException => ProblemResponses.Problem(503, "not_published", "It is stored, and will be published to the proxies as soon as that is possible."),
            _ when Conflicts.IsConflict(exception) => ProblemResponses.Problem(409, "conflict", "Somebody else changed it at the same time; read it again."),
            NpgsqlException => ProblemResponses.Problem(503, "database_unavailable", "The database does not answer."),
            _ => null,
        };
        if (problem is null)
        {
            return false;
        }

        await problem.ExecuteAsync(httpContext);
        return true;
    }
}
