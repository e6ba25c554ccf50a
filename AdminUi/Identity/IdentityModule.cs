using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>Operator accounts, sessions and who may do what: everything is refused that does not say otherwise.</summary>
internal static class IdentityModule
{
    /// <summary>What paths for programs begin with: they are never sent to a page.</summary>
    public const string ApiRoot = "/admin/api";

    private const string CookieName = "gb.session";

    public static void AddOperatorIdentity(this IHostApplicationBuilder builder)
    {
        builder.AddNpgsqlDbContext<IdentityStore>("geminibalance");
        builder.Services.ConfigureDbContext<IdentityStore>(options =>
            options.UseNpgsql(npgsql => npgsql.MigrationsHistoryTable("__EFMigrationsHistory", IdentityStore.Schema)));
        builder.Services.AddDataProtection().SetApplicationName("GeminiBalance.AdminUi").PersistKeysToDbContext<IdentityStore>();

        builder.Services.AddIdentity<Operator, IdentityRole>(Configure)
            .AddUserManager<OperatorManager>()
            .AddEntityFrameworkStores<IdentityStore>()
            .AddDefaultTokenProviders();
        builder.Services.ConfigureApplicationCookie(Configure);
        builder.Services.Configure<SecurityStampValidatorOptions>(options => options.ValidationInterval = TimeSpan.FromSeconds(30));
        builder.Services.AddServiceAuthentication();
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddScoped<AuthenticationStateProvider, SessionRevalidation>();

        builder.Services.AddValidatedOptions<FirstOperatorOptions>("Identity");
        builder.Services.AddHostedService<FirstOperator>();
        builder.Services.AddSingleton<UnknownNames>();
        builder.Services.AddSingleton<OperatorChanges>();
        builder.Services.AddScoped<LoginLinks>();
        builder.Services.AddScoped<SignIn>();
    }

    private static void Configure(IdentityOptions options)
    {
        options.Lockout.MaxFailedAccessAttempts = 5;
        options.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(15);
        options.Password.RequiredLength = FirstOperatorOptions.MinimumPasswordLength;
        options.Password.RequiredUniqueChars = 5;
        options.Password.RequireDigit = false;
        options.Password.RequireLowercase = false;
        options.Password.RequireUppercase = false;
        options.Password.RequireNonAlphanumeric = false;
    }

    private static void Configure(Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationOptions options)
    {
        options.Cookie.Name = CookieName;
        options.Cookie.HttpOnly = true;
        options.Cookie.Path = "/";
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.CookieManager = new SessionCookies();
        options.LoginPath = "/login";
        options.AccessDeniedPath = "/login";
        options.ReturnUrlParameter = "returnUrl";
        options.ExpireTimeSpan = TimeSpan.FromHours(12);
        options.SlidingExpiration = true;
        var validate = options.Events.OnValidatePrincipal;
        options.Events.OnValidatePrincipal = context =>
        {
            // A page whose session has ended comes here, and must not be sent back because the cookie was looked at a moment ago.
            context.Properties.IssuedUtc = context.Request.Path == options.LoginPath ? null : context.Properties.IssuedUtc;
            return validate(context);
        };
        var redirect = options.Events.OnRedirectToLogin;
        options.Events.OnRedirectToLogin = context =>
        {
            // A page can show the login; a script can only be told.
            if (HttpMethods.IsGet(context.Request.Method) && !context.Request.Path.StartsWithSegments("/_blazor") && !context.Request.Path.StartsWithSegments(ApiRoot))
            {
                return redirect(context);
            }

            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        };
    }
}
