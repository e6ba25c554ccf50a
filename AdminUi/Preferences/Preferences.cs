using System.Globalization;
using GeminiBalance.ServiceDefaults;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Localization;

namespace GeminiBalance.AdminUi.Preferences;

/// <summary>What an operator may choose about the look: kept in cookies, so that the first paint is right.</summary>
internal static class PreferenceNames
{
    /// <summary>Cookie of the theme: <c>light</c>, <c>dark</c> or absent for the system's.</summary>
    public const string ThemeCookie = "gb.theme";

    /// <summary>Cookie of the browser's IANA time zone, written by the browser.</summary>
    public const string ZoneCookie = "gb.zone";

    /// <summary>The themes that are not the system's.</summary>
    public static readonly string[] Themes = ["light", "dark"];

    /// <summary>The languages, the default first.</summary>
    public static readonly string[] Languages = ["en", "zh-Hans"];

    /// <summary>The theme a request asks for; <c>system</c> without a choice.</summary>
    public static string Theme(HttpContext? context) => context?.Request.Cookies[ThemeCookie] is { } theme && Themes.Contains(theme) ? theme : "system";
}

/// <summary>Language, theme and time zone.</summary>
internal static class PreferencesModule
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    public static IServiceCollection AddPreferences(this IServiceCollection services)
    {
        services.AddLocalization();
        services.Configure<RequestLocalizationOptions>(options =>
        {
            options.SetDefaultCulture(PreferenceNames.Languages[0]).AddSupportedCultures(PreferenceNames.Languages).AddSupportedUICultures(PreferenceNames.Languages);
            options.RequestCultureProviders =
            [
                new CookieRequestCultureProvider { CookieName = "gb.language" },
                new AcceptLanguageHeaderRequestCultureProvider(),
            ];
        });
        services.AddScoped<BrowserClock>();
        return services;
    }

    public static void UsePreferences(this WebApplication app) => app.UseRequestLocalization();

    public static void MapPreferenceEndpoints(this WebApplication app) =>
        app.MapPost("/preferences", async (HttpContext context, IAntiforgery antiforgery) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                return (IResult)ProblemResponses.Problem(StatusCodes.Status400BadRequest, "antiforgery", "The form's token is missing or old. Reload the page and try again.");
            }

            var form = await context.Request.ReadFormAsync(context.RequestAborted);
            if (form["language"].ToString() is { Length: > 0 } language && PreferenceNames.Languages.Contains(language))
            {
                Keep(context, "gb.language", CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(CultureInfo.GetCultureInfo(language))));
            }

            switch (form["theme"].ToString())
            {
                case "system":
                    context.Response.Cookies.Delete(PreferenceNames.ThemeCookie);
                    break;
                case var theme when PreferenceNames.Themes.Contains(theme):
                    Keep(context, PreferenceNames.ThemeCookie, theme);
                    break;
            }

            return TypedResults.LocalRedirect(LocalUrl.OrRoot(form["returnUrl"]));
        }).AllowAnonymous();

    private static void Keep(HttpContext context, string name, string value) =>
        context.Response.Cookies.Append(name, value, new CookieOptions
        {
            HttpOnly = true,
            IsEssential = true,
            MaxAge = Lifetime,
            SameSite = SameSiteMode.Strict,
            Secure = context.Request.IsHttps,
        });
}
