using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Rebuilding;

/// <summary>Views made anew while they serve: <c>POST /stats/projections/{name}/rebuild</c>, <c>GET /stats/projections/rebuilds</c>.</summary>
internal static class RebuildingModule
{
    public static IServiceCollection AddRebuilding(this IServiceCollection services) => services.AddSingleton<Rebuild>().AddSingleton<Rebuilds>();

    public static RouteGroupBuilder MapRebuilding(this RouteGroupBuilder stats)
    {
        stats.MapGet("/projections/rebuilds", (Rebuilds rebuilds) => TypedResults.Ok(rebuilds.All));
        stats.MapPost("/projections/{name}/rebuild", async (string name, Rebuilds rebuilds, CancellationToken cancellation) =>
            !rebuilds.Names.Contains(name) ? BadParameter.Of("name", $"must be one of {string.Join(", ", rebuilds.Names)}.")
            : await rebuilds.TryStartAsync(name, cancellation).ConfigureAwait(false) is { } started ? TypedResults.Accepted("/stats/projections/rebuilds", started)
            : (IResult)Results.Problem("Another rebuild, or the deletion of old requests, runs now.", statusCode: StatusCodes.Status409Conflict));
        return stats;
    }
}
