using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Jobs;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.StatsService.Retention;

/// <summary>How long requests are kept: job <c>retention</c>.</summary>
internal static class RetentionModule
{
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddValidatedOptions<RetentionOptions>("Retention");
        return services
            .AddSingleton<RetentionRun>()
            .AddJob<RetentionJob>();
    }

    /// <summary>Takes over what is set for all replicas, where it is told who keeps that; else files and environment decide.</summary>
    public static void AddStatsSettings(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration.GetSection("services:keyhealth").Exists())
        {
            builder.AddGatewaySettings(SettingServices.Stats).AddSettingsClient().AddSettingsCheck<RetentionOptions>("Retention");
        }
    }
}
