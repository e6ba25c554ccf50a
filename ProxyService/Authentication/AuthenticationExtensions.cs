using GeminiBalance.ServiceDefaults;
using Microsoft.AspNetCore.Hosting.Server;

namespace GeminiBalance.ProxyService.Authentication;

/// <summary>Registration of what tells clients apart.</summary>
internal static class AuthenticationExtensions
{
    /// <summary>Adds authentication by access key.</summary>
    public static WebApplicationBuilder AddAccessKeys(this WebApplicationBuilder builder)
    {
        builder.Services.AddValidatedOptions<AuthenticationOptions>("Authentication");
        builder.Services.AddSingleton<FailedAuthentications>();
        builder.Services.AddSingleton<AccessKeyAuthenticator>();
        var server = builder.Services.Last(service => service.ServiceType == typeof(IServer));
        builder.Services.Remove(server);
        builder.Services.AddSingleton<IServer>(provider => new QueryKeyServer((IServer)ActivatorUtilities.CreateInstance(provider, server.ImplementationType!)));
        return builder;
    }
}
