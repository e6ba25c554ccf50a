using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.ServiceDefaults.Tests;

/// <summary>A service with nothing but the defaults, on a free loopback port.</summary>
internal static class TinyApp
{
    public const string Token = "a service token of more than 32 characters";

    public static WebApplication Build(Action<WebApplicationBuilder>? configure = null, params (string Key, string Value)[] settings) =>
        Build("Production", configure, settings);

    public static WebApplication Build(string environment, Action<WebApplicationBuilder>? configure, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "TinyApp", EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, setting => (string?)setting.Value));
        builder.AddServiceDefaults();
        configure?.Invoke(builder);
        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapDefaultEndpoints();
        return app;
    }

    public static async Task<(WebApplication App, HttpClient Client)> StartAsync(WebApplication app)
    {
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return (app, new HttpClient { BaseAddress = new Uri(address) });
    }

    public static void AddActorEcho(this WebApplication app) => app.MapGet("/who", (HttpContext context) => context.Actor());

    public sealed class Failing : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Unhealthy("It is away.", new InvalidOperationException("canary-in-exception")));
    }
}
