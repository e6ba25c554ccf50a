using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Options;

namespace GeminiBalance.AdminUi.Pages.AccessKeys;

/// <summary>Where clients reach the gateway.</summary>
internal sealed class Gateway(IOptions<SiteOptions> site, IConfiguration configuration, NavigationManager navigation)
{
    /// <summary>Without a trailing slash: as set, else the proxy that service discovery knows, on the host this page came from.</summary>
    public string Address => (site.Value.PublicAddress ?? Discovered()).TrimEnd('/');

    private string Discovered()
    {
        var here = new Uri(navigation.BaseUri);
        return Uri.TryCreate(configuration["services:proxy:http:0"], UriKind.Absolute, out var proxy) && proxy.IsLoopback
            ? new UriBuilder(proxy) { Host = here.Host }.Uri.GetLeftPart(UriPartial.Authority)
            : proxy?.GetLeftPart(UriPartial.Authority) ?? here.GetLeftPart(UriPartial.Authority);
    }
}
