using GeminiBalance.ProxyService.Endpoints;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.KeyPool.Sources;
using GeminiBalance.ProxyService.Media;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Upstream;
using GeminiBalance.ServiceDefaults.Egress;
using GeminiBalance.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService;

/// <summary>Registers the settings made for all replicas, as far as this service applies them.</summary>
internal static class ProxySettings
{
    /// <summary>Adds them on top of all configuration there is.</summary>
    public static IHostApplicationBuilder AddProxySettings(this IHostApplicationBuilder builder) => builder
        .AddGatewaySettings(SettingServices.Proxy)
        .AddSettingsClient()
        .AddSettingsDiskCopy(services => services.GetRequiredService<IOptions<PoolOptions>>().Value.DiskCopy is { Length: > 0 } pool ? pool + ".settings" : null)
        .AddSettingsCheck<BalancingOptions>("Balancing")
        .AddSettingsCheck<AdaptiveOptions>("Balancing:Adaptive")
        .AddSettingsCheck<ForwardingOptions>("Forwarding")
        .AddSettingsCheck<ModelsOptions>("Models")
        .AddSettingsCheck<ThinkingOptions>("Thinking")
        .AddSettingsCheck<PromptInjectionOptions>("PromptInjection")
        .AddSettingsCheck<SafetyOptions>("Safety")
        .AddSettingsCheck<StreamingOptions>("Streaming")
        .AddSettingsCheck<GeminiOptions>("Gemini")
        .AddSettingsCheck<UpstreamOptions>("Upstream")
        .AddSettingsCheck<RemoteMediaOptions>("RemoteMedia")
        .AddSettingsCheck<PrivacyOptions>("Privacy")
        .AddSettingsCheck<CorsOptions>("Cors")
        .AddSettingsCheck<AdmissionOptions>("Admission");
}
