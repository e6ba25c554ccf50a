using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Activities;

/// <summary>What keys and access keys did: their attempts, and when each was last used.</summary>
internal static class ActivityModule
{
    public static IServiceCollection AddActivities(this IServiceCollection services) => services.AddView<ActivityView>();
}
