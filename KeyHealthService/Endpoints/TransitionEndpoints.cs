using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Transitions;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>The internal API over what happened to many keys at once.</summary>
internal static class TransitionEndpoints
{
    private const int LongestCause = 100;

    public static void MapTransitions(this IEndpointRouteBuilder app)
    {
        app.MapPost("/transitions/undo", UndoAsync);
        app.MapGet("/alarms", async (Alarms alarms, CancellationToken cancellation) => TypedResults.Ok(await alarms.OpenAsync(cancellation)));
    }

    private static async Task<IResult> UndoAsync(UndoTransitions undo, BulkUndo undoing, HttpContext context, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(undo.Cause) || undo.Cause.Length > LongestCause || undo.Cause.Contains('\0', StringComparison.Ordinal))
        {
            return ProblemResponses.Problem(
                StatusCodes.Status400BadRequest, "invalid_cause", $"The cause must be an outcome class, a reason, or who caused it, in at most {LongestCause} characters.");
        }

        return undo.From >= undo.To
            ? ProblemResponses.Problem(StatusCodes.Status400BadRequest, "invalid_range", "The field from must lie before the field to.")
            : TypedResults.Ok(await undoing.RunAsync(undo with { Cause = undo.Cause.Trim() }, context.Actor(), cancellation));
    }
}
