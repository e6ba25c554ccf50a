using GeminiBalance.ProxyService.Limits;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ProxyService.Signatures;
using GeminiBalance.ProxyService.Upstream;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Egress;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Registers the way from a request to its answer.</summary>
internal static class ForwardingExtensions
{
    /// <summary>Adds the forwarding and the upstream it forwards to.</summary>
    public static IHostApplicationBuilder AddForwarding(this IHostApplicationBuilder builder)
    {
        builder.AddTranslationSettings();
        builder.AddThoughtSignatures();
        var services = builder.Services;
        services.AddValidatedOptions<GeminiOptions>("Gemini");
        services.AddSingleton<IValidateOptions<GeminiOptions>, GeminiOptions>();
        services.AddValidatedOptions<UpstreamOptions>("Upstream");
        services.AddSingleton<IValidateOptions<UpstreamOptions>, UpstreamOptions>();
        services.AddValidatedOptions<ForwardingOptions>("Forwarding");
        services.AddValidatedOptions<StreamingOptions>("Streaming");
        services.AddSingleton<StreamPacing>();
        services.AddValidatedOptions<AdmissionOptions>("Admission");
        services.AddLimits();

        // In this order: what is not served waits for no room, and who is turned away for want of room has used nothing of its limits.
        services.AddSingleton<ICallGuard, ServedModels>();
        services.AddSingleton<AdmissionGuard>();
        services.AddSingleton<ICallGuard>(provider => provider.GetRequiredService<AdmissionGuard>());
        services.AddSingleton<ICallGuard, AccessKeyGuard>();
        services.AddSingleton(Random.Shared);
        services.AddSingleton<GeminiClient>();
        services.AddSingleton<UpstreamCall>();
        services.AddSingleton<UnaryAttempt>();
        services.AddSingleton<StreamAttempt>();
        services.AddSingleton<LearnedParameters>();
        services.AddSingleton<ChatCalls>();
        services.AddSingleton<PoolTrouble>();
        services.AddSingleton<KeyConsequences>();
        services.AddSingleton<UpstreamBreaker>();
        services.AddSingleton<RetryBudget>();
        services.AddSingleton<FallbackModels>();
        services.AddSingleton<KeyAttempt>();
        services.AddSingleton<ShutdownDrain>();

        // Longer than any drain that can be set: the host must not cut it short.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(320));
        services.AddSingleton<Forwarder>();
        services.AddSingleton<ModelCatalogue>();
        return builder;
    }
}
