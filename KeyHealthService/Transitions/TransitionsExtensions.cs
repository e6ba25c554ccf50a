namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>What failures and time make of keys and quotas.</summary>
internal static class TransitionsExtensions
{
    public static IServiceCollection AddTransitions(this IServiceCollection services)
    {
        services.AddSingleton(Random.Shared);
        services.AddSingleton<FailureIntake>();
        services.AddSingleton<UsageIntake>();
        services.AddSingleton<BulkUndo>();
        services.AddSingleton<Recovery>();
        services.AddHostedService(provider => provider.GetRequiredService<Recovery>());
        return services;
    }
}
