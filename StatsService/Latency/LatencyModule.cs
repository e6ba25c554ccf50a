using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Latency;

/// <summary>How long answers take.</summary>
internal static class LatencyModule
{
    public static IServiceCollection AddLatency(this IServiceCollection services) => services.AddView<LatencyByModel>();
}
