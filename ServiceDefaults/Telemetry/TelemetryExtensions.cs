using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace GeminiBalance.ServiceDefaults.Telemetry;

/// <summary>Traces, metrics and logs by OpenTelemetry: to an OTLP collector when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names one, and metrics for Prometheus always.</summary>
internal static class TelemetryExtensions
{
    private static readonly string[] ProbePaths = ["/alive", "/health", "/metrics"];

    internal static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        var collector = !string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => NameService(resource, builder))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter("GeminiBalance.*", "Marten", "Npgsql", "MassTransit")
                .AddPrometheusExporter());
        if (!collector)
        {
            return;
        }

        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        telemetry.WithTracing(tracing => tracing
            .AddSource("GeminiBalance.*", "MassTransit", "Marten")
            .AddAspNetCoreInstrumentation(options => options.Filter = IsNoProbe)
            .AddHttpClientInstrumentation()
            .AddNpgsql());
        telemetry.UseOtlpExporter();
    }

    /// <summary>Whoever starts the service names it; started by hand it goes by its assembly's name.</summary>
    private static void NameService(ResourceBuilder resource, IHostApplicationBuilder builder)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_SERVICE_NAME"]))
        {
            resource.AddService(builder.Environment.ApplicationName);
        }
    }

    private static bool IsNoProbe(HttpContext context) =>
        !Array.Exists(ProbePaths, path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
}
