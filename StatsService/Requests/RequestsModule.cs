using GeminiBalance.StatsService.Views;

namespace GeminiBalance.StatsService.Requests;

/// <summary>Single requests.</summary>
internal static class RequestsModule
{
    public static IServiceCollection AddRequests(this IServiceCollection services) => services.AddView<RecentFailures>();
}
