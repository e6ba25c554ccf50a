using System.Collections.Frozen;
using GeminiBalance.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>The known strategies, by name.</summary>
internal sealed class BalancingStrategies(IEnumerable<IBalancingStrategy> strategies) : IValidateOptions<BalancingOptions>
{
    private readonly FrozenDictionary<string, IBalancingStrategy> byName =
        strategies.ToDictionary(strategy => strategy.Name, StringComparer.Ordinal).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The strategy with a checked name.</summary>
    public IBalancingStrategy this[string name] => byName[name];

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, BalancingOptions options) => byName.ContainsKey(options.Strategy)
        ? ValidateOptionsResult.Success
        : ValidateOptionsResult.Fail($"Balancing:Strategy: no strategy is called '{options.Strategy}'. Known: {string.Join(", ", byName.Keys.Order(StringComparer.Ordinal))}.");
}

/// <summary>The strategy the settings name now.</summary>
internal sealed class StrategyInUse : IDisposable
{
    private readonly IDisposable? changes;
    private volatile IBalancingStrategy current;

    /// <summary>Follows the settings.</summary>
    public StrategyInUse(BalancingStrategies strategies, IOptionsMonitor<BalancingOptions> options)
    {
        current = strategies[options.CurrentValue.Strategy];
        changes = options.OnChange(changed => current = strategies[changed.Strategy]);
    }

    /// <summary>The strategy.</summary>
    public IBalancingStrategy Current => current;

    /// <inheritdoc />
    public void Dispose() => changes?.Dispose();
}

/// <summary>Registers the balancing of keys.</summary>
internal static class BalancingExtensions
{
    /// <summary>Adds all strategies; <c>Balancing:Strategy</c> names the one that is used.</summary>
    public static IServiceCollection AddBalancing(this IServiceCollection services)
    {
        services.TryAddSingleton(Random.Shared);
        services.TryAddSingleton(TimeProvider.System);
        services.AddValidatedOptions<BalancingOptions>("Balancing");
        services.AddValidatedOptions<AdaptiveOptions>("Balancing:Adaptive");
        services.AddSingleton<BalancingStrategies>();
        services.AddSingleton<IValidateOptions<BalancingOptions>>(provider => provider.GetRequiredService<BalancingStrategies>());
        services.AddSingleton<StrategyInUse>();
        return services
            .AddStrategy<AdaptiveStrategy>()
            .AddStrategy<LeastUsedStrategy>()
            .AddStrategy<RoundRobinStrategy>()
            .AddStrategy<WeightedStrategy>();
    }

    private static IServiceCollection AddStrategy<TStrategy>(this IServiceCollection services)
        where TStrategy : class, IBalancingStrategy
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IBalancingStrategy, TStrategy>());
        return services;
    }
}
