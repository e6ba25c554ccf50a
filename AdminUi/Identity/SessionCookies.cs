using Microsoft.AspNetCore.Authentication.Cookies;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>
/// Gives cookies the <c>__Host-</c> prefix over HTTPS, where browsers then refuse them from sibling hosts and without <c>Secure</c>.
/// Over plain HTTP browsers do not accept the prefix, so there the bare name is used.
/// </summary>
internal sealed class SessionCookies : ICookieManager
{
    private const string HostPrefix = "__Host-";

    private readonly ChunkingCookieManager inner = new();

    public string? GetRequestCookie(HttpContext context, string key) => inner.GetRequestCookie(context, Name(context, key));

    public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options) =>
        inner.AppendResponseCookie(context, Name(context, key), value, options);

    public void DeleteCookie(HttpContext context, string key, CookieOptions options) => inner.DeleteCookie(context, Name(context, key), options);

    private static string Name(HttpContext context, string key) => context.Request.IsHttps ? HostPrefix + key : key;
}
