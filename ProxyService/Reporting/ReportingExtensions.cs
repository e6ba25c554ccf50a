using GeminiBalance.ProxyService.Reporting.Journaling;
using GeminiBalance.ServiceDefaults.Messaging;
using OpenTelemetry.Metrics;

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

        // Requests are measured here, with what an operator asks for; the framework would measure each once more, and cost as much as translating it.
        services.ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddView(instrument =>
            instrument.Meter.Name is "Microsoft.AspNetCore.Hosting" or "Microsoft.AspNetCore.Routing" ? MetricStreamConfiguration.Drop : null));
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
