using System.ComponentModel.DataAnnotations;
using GeminiBalance.AdminUi.AdminApi;
using GeminiBalance.AdminUi.Components.Shared;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.AdminUi.Pages.AccessKeys;
using GeminiBalance.AdminUi.Pages.Keys;
using GeminiBalance.AdminUi.Pages.MyUsage;
using GeminiBalance.AdminUi.Pages.Settings;
using GeminiBalance.AdminUi.Pages.Usage;
using GeminiBalance.ServiceDefaults.Ingress;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Diagnostics;
using Radzen;

namespace GeminiBalance.AdminUi;

/// <summary>Settings at the root of the configuration.</summary>
internal sealed class SiteOptions
{
    /// <summary>Whether this is the demonstration, with simulated upstream: shown on every page.</summary>
    public bool Demo { get; set; }

    /// <summary>Address clients reach the gateway at, for the snippets on the access keys' page.</summary>
    [Url(ErrorMessage = "Gateway:PublicAddress must be an absolute http or https address, as in https://gateway.example.org.")]
    public string? PublicAddress { get; set; }
}

/// <summary>Pages and what they need, and the same for programs.</summary>
internal static class UserInterface
{
    public static void AddUserInterface(this WebApplicationBuilder builder)
    {
        // A build that was not published keeps the assets of packages where they are; elsewhere this does nothing.
        builder.WebHost.UseStaticWebAssets();
        var services = builder.Services;
        services.AddIngress();
        services.AddOptions<SiteOptions>().Configure<IConfiguration>((options, configuration) =>
        {
            options.Demo = configuration.GetValue<bool>("Demo");
            options.PublicAddress = configuration["Gateway:PublicAddress"];
        }).ValidateDataAnnotations().ValidateOnStart();
        services.AddAdminApi();
        services.AddMyUsage();
        services.AddRazorComponents().AddInteractiveServerComponents(options => options.DetailedErrors = false);
        services.AddRadzenComponents();
        services.AddScoped<CurrentOperator>();
        services.AddScoped<Outcomes>();
        services.AddScoped<KeyActions>();
        services.AddScoped<AccessKeyActions>();
        services.AddScoped<Gateway>();
        services.AddScoped<GroupNames>();
        services.AddScoped<SettingWords>();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "gb.antiforgery";
            options.HeaderName = AdminApiModule.CsrfHeader;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.SuppressXFrameOptionsHeader = true;
        });

        // A file of 16 MiB arrives over the circuit in pieces of this size.
        services.AddSignalR(options => options.MaximumReceiveMessageSize = 128 * 1024);
    }

    public static void UseUserInterface(this WebApplication app)
    {
        app.UseExceptionHandler("/error", createScopeForErrors: true);
        app.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        app.Use(OnlyPagesAsync);

        // Programs are told in their own way, whatever comes to nothing: inside of what people see.
        app.UseWhen(context => context.Request.Path.StartsWithSegments(IdentityModule.ApiRoot), api => api.UseExceptionHandler().UseStatusCodePages());
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
    }

    public static void MapUserInterface<TRoot>(this WebApplication app)
        where TRoot : IComponent
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapUsageExport();
        app.MapAdminApi();

        // The policy of every answer says it already; two policies would both hold.
        app.MapRazorComponents<TRoot>().AddInteractiveServerRenderMode(options => options.ContentSecurityFrameAncestorsPolicy = null);
    }

    /// <summary>Only who asks for a page, and for one there is not, is shown that it is not found.</summary>
    private static async Task OnlyPagesAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var isPage = HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        if (context.Features.Get<IStatusCodePagesFeature>() is { } pages && !(isPage && context.Response.StatusCode == StatusCodes.Status404NotFound))
        {
            pages.Enabled = false;
        }
    }
}
