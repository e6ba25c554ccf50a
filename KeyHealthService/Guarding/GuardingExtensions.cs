namespace GeminiBalance.KeyHealthService.Guarding;

/// <summary>What keeps trouble of the upstream from looking like dead keys.</summary>
internal static class GuardingExtensions
{
    public static IServiceCollection AddGuarding(this IServiceCollection services)
    {
        services.AddSingleton<Alarms>();
        services.AddHealthChecks().AddCheck<Alarms>("pool-alarms", tags: ["dependency"]);
        return services;
    }
}
