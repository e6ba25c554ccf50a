using GeminiBalance.KeyHealthService.Cleaning;
using GeminiBalance.ServiceDefaults.Security;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>The cleanup of dead keys: what it would do, and doing it now.</summary>
internal static class CleanupEndpoints
{
    public static void MapCleanup(this IEndpointRouteBuilder keys)
    {
        keys.MapGet("/cleanup", async (KeyCleaner cleaner, CancellationToken cancellation) => TypedResults.Ok(await cleaner.PreviewAsync(cancellation)));
        keys.MapPost("/cleanup", async (KeyCleaner cleaner, HttpContext context, CancellationToken cancellation) =>
            TypedResults.Ok(await cleaner.RunAsync(context.Actor(), cancellation)));
    }
}
