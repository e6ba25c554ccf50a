using System.Text.Json.Serialization;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Health;
using GeminiBalance.ServiceDefaults.Telemetry;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace GeminiBalance.ServiceDefaults;

/// <summary>What every service of the product has.</summary>
public static class Extensions
{
    /// <summary>Adds telemetry, health checks, service discovery, problem details, JSON contracts and the clock.</summary>
    /// <typeparam name="TBuilder">The host builder.</typeparam>
    /// <param name="builder">The builder.</param>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        Startup.ReportUncaughtRefusals(builder.Environment.ApplicationName);
        builder.AddLogLevels();
        builder.AddTelemetry();
        builder.Services.AddDefaultHealthChecks();
        builder.Services.AddServiceDiscovery();
        builder.Services.AddProblemResponses();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ContractsJson.Default);
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
            options.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        });
        return builder;
    }

    /// <summary>Answers failures and empty refusals of the internal APIs with problem details. The gateway's own surface speaks other dialects and does without.</summary>
    /// <param name="app">The application.</param>
    public static WebApplication UseServiceDefaults(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        if (app.Services.GetService<IAuthenticationSchemeProvider>() is not null)
        {
            // Said here although the host would add them by itself: it would put them in front, where a refusal stays without a body.
            app.UseAuthentication();
            app.UseAuthorization();
        }

        return app;
    }

    /// <summary>Maps the health endpoints and <c>/metrics</c>, in every environment: a cluster's probes need them.</summary>
    /// <param name="app">The application.</param>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthEndpoints();
        app.MapPrometheusScrapingEndpoint().AllowAnonymous();
        return app;
    }
}
