using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Cleaning;
using GeminiBalance.KeyHealthService.Endpoints;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Importing;
using GeminiBalance.KeyHealthService.Jobs;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Models;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.KeyHealthService.Telling;
using GeminiBalance.KeyHealthService.Transitions;
using GeminiBalance.KeyHealthService.Vault;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Jobs;
using GeminiBalance.ServiceDefaults.Messaging;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.ServiceDefaults.Settings;
using MassTransit;

namespace GeminiBalance.KeyHealthService;

/// <summary>What the service is made of.</summary>
internal static class KeyHealthExtensions
{
    private const int LargestBody = 1 << 20;

    /// <summary>Everything, in the order of the road: store, vault, keys, import, failures, probes, publication.</summary>
    public static void AddKeyHealth(this WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBody;
        });
        builder.AddServiceDefaults();
        builder.AddKeyStore();
        builder.Services.AddVault();
        builder.AddRedisClient("redis");
        builder.AddMessaging(bus =>
        {
            bus.AddConsumer<KeyAttemptsFailedConsumer, KeyAttemptsFailedConsumerDefinition>();
            bus.AddConsumer<KeyUsageReportedConsumer, KeyUsageReportedConsumerDefinition>();
        });
        builder.Services.AddServiceAuthentication(asFallback: true);
        builder.Services.AddExceptionHandler<RefusalHandler>();
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);

        // Before all that works in the background: it begins with the settings that hold.
        builder.AddSettings()
            .AddSettingsCheck<ProbingOptions>("Probing")
            .AddSettingsCheck<CleanupOptions>("Cleanup");
        builder.Services
            .AddKeys()
            .AddQuotas()
            .AddGuarding()
            .AddTransitions()
            .AddPublishing()
            .AddImporting()
            .AddTelling()
            .AddProbing()
            .AddCleaning()
            .AddModels()
            .AddJobs()
            .AddSingleton<KeyEndpoints.Desk>()
            .AddSingleton<AccessKeyDesk>()
            .AddSingleton<AccessKeyList>()
            .AddSingleton<AccessKeyImport>();
    }

    /// <summary>The internal API; every path needs a service token.</summary>
    public static void MapKeyHealth(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapDefaultEndpoints();
        var keys = app.MapGroup("/keys");
        keys.MapKeys();
        keys.MapImport();
        keys.MapImportJobs();
        keys.MapCleanup();
        app.MapPools();
        app.MapTransitions();
        app.MapAccessKeys();
        app.MapSettings();
        app.MapModels();
        app.MapJobs();
        app.MapPoolSnapshot();
    }
}
