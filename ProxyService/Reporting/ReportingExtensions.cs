using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.ServiceDefaults.Messaging;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Registers what is told of requests.</summary>
internal static class ReportingExtensions
{
    /// <summary>Adds the bus, the pumps and the metrics.</summary>
    public static IHostApplicationBuilder AddReporting(this IHostApplicationBuilder builder)
    {
        // The bus comes first: what is registered later stops earlier, and the pumps need it until they are empty.
        builder.AddMessaging();
        var services = builder.Services;
        services.AddSingleton(ReplicaName.Here);
        services.AddSingleton<ProxyMetrics>();
        services.AddJournal();
        services.AddSingleton<FailurePump>();
        services.AddSingleton<IFailureReport>(provider => provider.GetRequiredService<FailurePump>());
        services.AddHostedService(provider => provider.GetRequiredService<FailurePump>());
        services.AddSingleton<UsagePump>();
        services.AddSingleton<IUsageReport>(provider => provider.GetRequiredService<UsagePump>());
        services.AddHostedService(provider => provider.GetRequiredService<UsagePump>());
        services.AddHostedService<UsageTick>();
        return builder;
    }
}
