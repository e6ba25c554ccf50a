namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>The registry of upstream keys.</summary>
internal static class KeysExtensions
{
    public static IServiceCollection AddKeys(this IServiceCollection services) => services
        .AddSingleton<KeyCommands>()
        .AddSingleton<KeyList>()
        .AddSingleton<KeyTimeline>();
}
