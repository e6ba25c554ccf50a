using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Health;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>Registers the pool of keys.</summary>
internal static class KeyPoolExtensions
{
    /// <summary>Adds the pool, its sources and its balancing.</summary>
    public static IHostApplicationBuilder AddKeyPool(this IHostApplicationBuilder builder)
    {
        builder.AddRedisClient("redis");
        var services = builder.Services;
        services.AddSecretEncryption();
        services.AddValidatedOptions<PoolOptions>("Pool");
        services.AddBalancing();
        services.AddSingleton(provider =>
        {
            var strategy = provider.GetRequiredService<StrategyInUse>();
            return new LivePool(() => strategy.Current, provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<KeySecrets>();
        services.AddServiceClient<KeyHealthClient>("keyhealth");
        services.AddSingleton<IPoolFeed, RedisPoolFeed>();
        services.AddSingleton<IPoolOwner, KeyHealthPoolSource>();
        services.AddSingleton<DiskPoolCopy>();
        services.AddHostedService<PoolKeeper>();
        services.AddSingleton<IQuotaFeed, RedisQuotaFeed>();
        services.AddHostedService<QuotaKeeper>();
        services.AddSingleton<HintKeeper>();
        services.AddSingleton<IPoolHints>(provider => provider.GetRequiredService<HintKeeper>());
        services.AddHostedService(provider => provider.GetRequiredService<HintKeeper>());
        services.AddSingleton<Affinities>();
        services.AddHealthChecks().AddCheck<PoolCheck>("pool", tags: [HealthTags.Ready]);
        return builder;
    }

    /// <summary>A proxy that has never seen a snapshot can authenticate nobody.</summary>
    private sealed class PoolCheck(LivePool pool) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(pool.View is { } view
            ? HealthCheckResult.Healthy($"From {view.Source}, sequence {view.Sequence}.")
            : new HealthCheckResult(context.Registration.FailureStatus, "No snapshot of the pool was seen yet."));
    }
}
