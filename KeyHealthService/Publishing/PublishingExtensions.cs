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
}
