using GeminiBalance.StatsService.Costs;
using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Overviews;

/// <summary>The state of the gateway at a glance.</summary>
internal static class OverviewModule
{
    public static IServiceCollection AddOverview(this IServiceCollection services) => services.AddView<OverviewTotals>();

    public static RouteGroupBuilder MapOverview(this RouteGroupBuilder stats)
    {
        stats.MapGet("/overview", GetAsync);
        return stats;
    }

    private static async Task<IResult> GetAsync(
        string? from, string? to, string? bucket, string? tz, Npgsql.NpgsqlDataSource source, PriceBook prices, ViewPositions positions, TimeProvider time, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var (range, problem) = TimeRange.Read(from, to, bucket, now, tz);
        if (range is null)
        {
            return problem!;
        }

        var tick = await positions.TickAsync(cancellation).ConfigureAwait(false);
        var figures = await OverviewQuery.ReadAsync(source, await prices.TableAsync(cancellation).ConfigureAwait(false), range.WithBuckets(), cancellation).ConfigureAwait(false);
        return TypedResults.Ok(OverviewFigures.Overview(figures, now, tick.LagSeconds));
    }
}
