using GeminiBalance.ServiceDefaults;

namespace GeminiBalance.KeyHealthService.Cleaning;

/// <summary>The policy that takes dead keys out of the pool.</summary>
internal static class CleaningExtensions
{
    public static IServiceCollection AddCleaning(this IServiceCollection services)
    {
        services.AddValidatedOptions<CleanupOptions>("Cleanup");
        return services.AddSingleton<KeyCleaner>();
    }
}
