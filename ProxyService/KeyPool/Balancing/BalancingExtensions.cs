using System.Collections.Frozen;
using System.ComponentModel.DataAnnotations;
using GeminiBalance.ServiceDefaults;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.KeyPool.Balancing;

/// <summary>Settings of section <c>Balancing</c>.</summary>
internal sealed class BalancingOptions
{
    /// <summary>Name of the strategy that chooses keys.</summary>
    [Required(ErrorMessage = "Balancing:Strategy is not set.")]
    public string Strategy { get; set; } = "round_robin";
}

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

/// <summary>Registers the balancing of keys.</summary>
internal static class BalancingExtensions
{
    /// <summary>Adds all strategies; <c>Balancing:Strategy</c> names the one that is used.</summary>
    public static IServiceCollection AddBalancing(this IServiceCollection services)
    {
        services.AddValidatedOptions<BalancingOptions>("Balancing");
        services.AddSingleton<BalancingStrategies>();
        services.AddSingleton<IValidateOptions<BalancingOptions>>(provider => provider.GetRequiredService<BalancingStrategies>());
        return services
            .AddStrategy<RoundRobinStrategy>();
    }

    private static IServiceCollection AddStrategy<TStrategy>(this IServiceCollection services)
        where TStrategy : class, IBalancingStrategy
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IBalancingStrategy, TStrategy>());
        return services;
    }
}
