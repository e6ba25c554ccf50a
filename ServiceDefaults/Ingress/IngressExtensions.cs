using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults.Ingress;

/// <summary>Tells clients behind an ingress or load balancer apart, for services that people and programs reach from outside.</summary>
public static class IngressExtensions
{
    /// <summary>Adds the settings.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddIngress(this IServiceCollection services)
    {
        services.AddValidatedOptions<IngressOptions>("Ingress");
        return services.AddSingleton<IValidateOptions<IngressOptions>, IngressOptions>();
    }

    /// <summary>
    /// Takes a request's address and scheme from the headers of trusted proxies: from the right, up to the first address that is none of theirs, so that a client
    /// cannot choose its own by sending the header itself. Does nothing when none is trusted. Goes first.
    /// </summary>
    /// <param name="app">The application.</param>
    /// <exception cref="OptionsValidationException">The setting names no network.</exception>
    public static WebApplication UseIngress(this WebApplication app)
    {
        var networks = app.Services.GetRequiredService<IOptions<IngressOptions>>().Value.Networks();
        if (networks.Count == 0)
        {
            return app;
        }

        ForwardedHeadersOptions options = new() { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in networks)
        {
            options.KnownIPNetworks.Add(network);
        }

        app.UseForwardedHeaders(options);
        return app;
    }
}
