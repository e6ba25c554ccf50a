using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Latency;

/// <summary>How long answers take: <c>GET /stats/latency</c>.</summary>
internal static class LatencyModule
{
    public static IServiceCollection AddLatency(this IServiceCollection services) => services.AddView<LatencyByModel>().AddSingleton<LatencyQuery>();

    public static RouteGroupBuilder MapLatency(this RouteGroupBuilder stats)
    {
        stats.MapGet("/latency", GetAsync);
        return stats;
    }

    private static async Task<IResult> GetAsync(
        string? from, string? to, string? bucket, string? tz, string? model, LatencyQuery query, ViewPositions positions, TimeProvider time, CancellationToken cancellation)
    {
        var (range, problem) = TimeRange.Read(from, to, bucket, time.GetUtcNow(), tz);
        if (range is null)
        {
            return problem!;
        }

        if (model is { Length: > 128 } || model?.Contains('\0', StringComparison.Ordinal) == true)
        {
            return BadParameter.Of("model", "must be the name of a model.");
        }

        var tick = await positions.TickAsync(cancellation).ConfigureAwait(false);
        return TypedResults.Ok(await query.ReadAsync(range.WithBuckets(), model, tick.LagSeconds, cancellation).ConfigureAwait(false));
    }
}
