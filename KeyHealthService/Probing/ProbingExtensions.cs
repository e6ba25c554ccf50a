using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Egress;
using Microsoft.Extensions.Options;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Probes of keys.</summary>
internal static class ProbingExtensions
{
    public static IServiceCollection AddProbing(this IServiceCollection services)
    {
        services.AddValidatedOptions<ProbingOptions>("Probing");
        services.AddValidatedOptions<GeminiOptions>("Gemini");
        services.AddValidatedOptions<UpstreamOptions>("Upstream");
        services.AddSingleton<IValidateOptions<UpstreamOptions>, UpstreamOptions>();
        services.AddSingleton(provider => new UpstreamWays(provider.GetRequiredService<IOptionsMonitor<UpstreamOptions>>(), GeminiProbe.Open));
        services.AddSingleton<ProbeAgenda>();
        services.AddSingleton<ProbeSignal>();
        services.AddSingleton<Prober>();
        services.AddHostedService<ProbeRounds>();
        GeminiProbe.Configure(services.AddHttpClient(Prober.Client, (provider, client) =>
            client.BaseAddress = new Uri(provider.GetRequiredService<IOptions<GeminiOptions>>().Value.BaseAddress.TrimEnd('/') + "/")));
        return services;
    }
}
