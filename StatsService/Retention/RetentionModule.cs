using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Jobs;

namespace GeminiBalance.StatsService.Retention;

/// <summary>How long requests are kept: job <c>retention</c>.</summary>
internal static class RetentionModule
{
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddValidatedOptions<RetentionOptions>("Retention");
        return services.AddSingleton<RetentionRun>().AddJob<RetentionJob>();
    }
}
