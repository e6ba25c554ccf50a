using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Egress;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>The settings this service itself applies, read where they are kept.</summary>
internal sealed class SettingsHere(SettingsDesk desk, SettingsReplicas replicas) : ISettingsAuthority
{
    public Task<PublishedSettings?> ReadAsync(Guid known, CancellationToken cancellationToken) => desk.PublishedAsync(known, cancellationToken);

    public Task TellAsync(SettingsReport report, CancellationToken cancellationToken) => replicas.HearAsync(report, cancellationToken);
}

/// <summary>Settings of the gateway.</summary>
internal static class SettingsExtensions
{
    /// <summary>Adds them, and applies those that concern this service; whose options they are adds their check.</summary>
    public static IHostApplicationBuilder AddSettings(this IHostApplicationBuilder builder)
    {
        builder.Services
            .AddSingleton<SettingsDesk>()
            .AddSingleton<SettingsReplicas>()
            .AddSingleton<SettingsSealer>()
            .AddSingleton<ISettingsAuthority, SettingsHere>();
        return builder
            .AddGatewaySettings(SettingServices.KeyHealth)
            .AddSettingsCheck<UpstreamOptions>("Upstream");
    }
}
