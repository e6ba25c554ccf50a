using GeminiBalance.ProxyService.Endpoints;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.KeyPool;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.ProxyService.Tests;

/// <summary>The gateway as <c>Program</c> puts it together, without what it writes down and without background work: a test adds what it looks at.</summary>
internal static class GatewayComposition
{
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.AddServiceDefaults();
        builder.AddKeyPool();
        builder.AddForwarding();
        builder.AddProxySettings();
        builder.AddEndpoints();
        builder.Services.RemoveAll<IHostedService>();
        builder.Services.AddSingleton<ProxyMetrics>();
    }
}
