using GeminiBalance.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>From the store to the proxies.</summary>
internal static class PublishingExtensions
{
    /// <summary>How long a caller waits to hear that its change is published.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static IServiceCollection AddPublishing(this IServiceCollection services)
    {
        services.AddSingleton<PoolReader>();
        services.AddSingleton<PoolInRedis>();
        services.AddSingleton<PoolPublisher>();
        services.AddSingleton<PoolPump>();
        services.AddHostedService(provider => provider.GetRequiredService<PoolPump>());
        services.AddSingleton<QuotaPump>();
        services.AddHostedService(provider => provider.GetRequiredService<QuotaPump>());
        return services;
    }

    /// <summary>Waits until what was just committed is published.</summary>
    /// <exception cref="TimeoutException">It is stored, but not published within ten seconds.</exception>
    public static async Task<PoolPosition> PublishedAsync(this PoolPump pump, CancellationToken cancellation) =>
        await pump.PublishAsync(cancellation).WaitAsync(Patience, cancellation);

    /// <summary>Waits until what was just committed is published, for a caller who must be answered whether or not it is: a new key is shown once.</summary>
    /// <returns>Null when it is not published within ten seconds; it will be.</returns>
    public static async Task<PoolPosition?> PublishedOrLaterAsync(this PoolPump pump, CancellationToken cancellation)
    {
        try
        {
            return await pump.PublishedAsync(cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Maps the snapshot: the whole of it, or 204 for a proxy that stands where the pool stands.</summary>
    public static void MapPoolSnapshot(this IEndpointRouteBuilder app) =>
        app.MapGet("/snapshot", async Task<Results<Ok<PoolSnapshot>, NoContent>> (PoolReader pool, Guid? epoch, long? sequence, CancellationToken cancellation) =>
            await pool.NewerAsync(epoch, sequence, cancellation) is { } newer ? TypedResults.Ok(newer) : TypedResults.NoContent());
}
