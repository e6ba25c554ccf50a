using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.KeyPool.Balancing;
using GeminiBalance.ProxyService.Settings;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;

namespace GeminiBalance.ProxyService.Steering;

/// <summary>Registers the settings made for all replicas.</summary>
internal static class GatewaySettingsExtensions
{
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(2);

    /// <summary>Adds them on top of all configuration there is.</summary>
    public static IHostApplicationBuilder AddGatewaySettings(this IHostApplicationBuilder builder)
    {
        var source = new GatewaySettingsSource();
        builder.Configuration.Add(source);
        var services = builder.Services;
        services.AddSingleton(source);
        services.AddSingleton<GatewaySettingsTaker>();
        services.AddSingleton<SettingsDiskCopy>();
        var client = services.AddServiceClient<SettingsClient>("keyhealth");

        // The next round is the next try: waiting between tries would make a change late after the control plane was away.
        services.Configure<HttpStandardResilienceOptions>($"{client.Name}-standard", options =>
        {
            options.Retry.ShouldHandle = static _ => PredicateResult.False();
            options.AttemptTimeout.Timeout = LongestQuestion;
        });
        services.AddHostedService<GatewaySettingsKeeper>();
        return builder
            .AddCheck<BalancingOptions>("Balancing")
            .AddCheck<AdaptiveOptions>("Balancing:Adaptive")
            .AddCheck<ForwardingOptions>("Forwarding")
            .AddCheck<ModelsOptions>("Models")
            .AddCheck<ThinkingOptions>("Thinking")
            .AddCheck<PromptInjectionOptions>("PromptInjection")
            .AddCheck<SafetyOptions>("Safety");
    }

    private static IHostApplicationBuilder AddCheck<TOptions>(this IHostApplicationBuilder builder, string section)
        where TOptions : class, new()
    {
        builder.Services.AddSingleton<IGatewaySettingsCheck>(services => new GatewaySettingsCheck<TOptions>(section, services.GetServices<IValidateOptions<TOptions>>()));
        return builder;
    }
}
