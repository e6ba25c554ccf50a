using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Rebuilding;

/// <summary>Views made anew while they serve: <c>POST /stats/projections/{name}/rebuild</c>, <c>GET /stats/projections/rebuilds</c>.</summary>
internal static class RebuildingModule
{
    public static IServiceCollection AddRebuilding(this IServiceCollection services) => services.AddSingleton<Rebuild>().AddSingleton<Rebuilds>();

    public static RouteGroupBuilder MapRebuilding(this RouteGroupBuilder stats)
    {
        stats.MapGet("/projections/rebuilds", (Rebuilds rebuilds) => TypedResults.Ok(rebuilds.All));
        stats.MapPost("/projections/{name}/rebuild", (string name, Rebuilds rebuilds) =>
            !rebuilds.Names.Contains(name) ? BadParameter.Of("name", $"must be one of {string.Join(", ", rebuilds.Names)}.")
            : rebuilds.TryStart(name) is { } started ? TypedResults.Accepted("/stats/projections/rebuilds", started)
            : (IResult)Results.Problem("Another rebuild runs on this replica.", statusCode: StatusCodes.Status409Conflict));
        return stats;
    }
}
