namespace GeminiBalance.KeyHealthService.Models;

/// <summary>The model catalogue.</summary>
internal static class ModelsExtensions
{
    public static IServiceCollection AddModels(this IServiceCollection services) => services
        .AddSingleton<UpstreamModels>()
        .AddSingleton<ModelSync>()
        .AddSingleton<ModelDesk>();
}
