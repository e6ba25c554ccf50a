using GeminiBalance.ServiceDefaults.Ingress;

namespace GeminiBalance.AdminUi.Security;

/// <summary>Headers that tell the browser what this site never does.</summary>
internal static class SecurityHeaders
{
    // Virtualized lists and charts set sizes in style attributes; nothing needs style elements or inline scripts.
    private const string ContentSecurityPolicy =
        "default-src 'self'; script-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
        "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

    public static void UseSecurityHeaders(this WebApplication app)
    {
        // Before everything else: who asks, and whether over TLS, is said by the proxies in front.
        app.UseIngress();
        if (!app.Environment.IsDevelopment())
        {
            app.UseHsts();
        }

        app.Use((context, next) =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = ContentSecurityPolicy;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
            headers.XFrameOptions = "DENY";
            return next(context);
        });
    }
}
