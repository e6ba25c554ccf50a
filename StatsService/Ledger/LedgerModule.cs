using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Ledger;

/// <summary>Whether what the proxies say they did is what is stored: <c>POST /internal/segments</c>, <c>GET /stats/reconciliation</c>.</summary>
internal static class LedgerModule
{
    private const int MostListed = 500;

    public static IServiceCollection AddLedger(this IServiceCollection services) => services
        .AddSingleton(new StoreTable(Segments.Table))
        .AddSingleton(new StoreTable(ParkedFacts.Table))
        .AddSingleton(new StoreTable(Horizon.Table))
        .AddSingleton(new StoreTable(StoreIdentity.Table))
        .AddSingleton<StoreIdentity>()
        .AddSingleton<Horizon>()
        .AddSingleton<Segments>()
        .AddSingleton<ParkedFacts>();

    public static RouteGroupBuilder MapLedger(this RouteGroupBuilder stats)
    {
        stats.MapGet("/reconciliation", async (string? limit, Segments segments, CancellationToken cancellation) =>
            PageLimit.Read(limit, 100, MostListed) is { } wanted
                ? TypedResults.Ok(await segments.ReconciliationAsync(wanted, cancellation).ConfigureAwait(false))
                : (IResult)PageLimit.Problem(MostListed));
        return stats;
    }

    public static void MapSegments(this IEndpointRouteBuilder app) => app.MapPost("/internal/segments", async (HttpContext context, Segments segments, StoreIdentity store, CancellationToken cancellation) =>
    {
        SegmentClosed[]? stated;
        try
        {
            stated = await context.Request.ReadFromJsonAsync(ContractsJson.Default.SegmentClosedArray, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            stated = null;
        }

        if (Fault(stated) is { } fault)
        {
            return BadParameter.Of("segments", fault);
        }

        context.Response.Headers[SegmentClosed.StoreHeader] = (await store.ReadAsync(cancellation).ConfigureAwait(false)).ToString();
        return (IResult)TypedResults.Ok(await segments.StateAsync(stated!, cancellation).ConfigureAwait(false));
    });

    private static string? Fault(SegmentClosed[]? stated) =>
        stated is null ? "must be a JSON array of closed segments."
        : stated.Length > SegmentClosed.MaximumSegments ? $"has {stated.Length} segments; at most {SegmentClosed.MaximumSegments} are taken at once."
        : stated.Any(one => one is null || one.Segment == Guid.Empty || string.IsNullOrEmpty(one.Proxy) || one.Proxy.Contains('\0', StringComparison.Ordinal) || one.Facts < 0 || one.TotalTokens < 0)
            ? "has a segment without its id, its proxy or its counts."
        : stated.DistinctBy(one => one.Segment).Count() != stated.Length ? "names a segment twice."
        : null;
}
