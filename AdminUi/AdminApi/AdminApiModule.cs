using System.Globalization;
using System.Text.Json;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Identity;

namespace GeminiBalance.AdminUi.AdminApi;

/// <summary>Signs in.</summary>
/// <param name="Name">The operator's name.</param>
/// <param name="Password">The password.</param>
internal sealed record Login(string? Name, string? Password)
{
    /// <summary>Leaves the password out.</summary>
    public override string ToString() => $"{nameof(Login)} {Name}";
}

/// <summary>Who is signed in.</summary>
/// <param name="User">The operator's name.</param>
/// <param name="CsrfToken">To be sent as header <c>X-CSRF-TOKEN</c> with everything that changes something; null for an API token, which needs none.</param>
internal sealed record Session(string User, string? CsrfToken);

/// <summary>The admin API, <c>/admin/api/v1</c>: what the pages can do, for programs. A session and its <c>X-CSRF-TOKEN</c>, or an API token.</summary>
internal static class AdminApiModule
{
    /// <summary>What every path of the API begins with.</summary>
    private const string Root = IdentityModule.ApiRoot + "/v1";

    /// <summary>Header that carries the session's token against forged requests.</summary>
    public const string CsrfHeader = "X-CSRF-TOKEN";

    private const string Policy = "AdminApi";
    private const int LargestBody = 64 << 20;

    private static readonly string[] OfKeyHealth = ["keys", "access-keys", "pools", "transitions", "alarms", "settings", "models"];
    private static readonly string[] OfStats = ["overview", "requests", "usage", "latency", "failures", "audit", "prices", "projections", "reconciliation", "dead-letters", "last-use", "attempts", "alerts"];

    public static IServiceCollection AddAdminApi(this IServiceCollection services)
    {
        services.AddValidatedOptions<AdminApiOptions>("AdminApi");
        services.AddServiceClient<KeyHealthRelay>("keyhealth");
        services.AddServiceClient<StatsRelay>("stats");
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, AdminApiToken>(AdminApiToken.Name, null);
        services.AddAuthorizationBuilder().AddPolicy(Policy, new AuthorizationPolicyBuilder(IdentityConstants.ApplicationScheme, AdminApiToken.Name).RequireAuthenticatedUser().Build());
        return services;
    }

    public static void MapAdminApi(this WebApplication app)
    {
        var api = app.MapGroup(Root).RequireAuthorization(Policy);
        api.MapPost("/login", LoginAsync).AllowAnonymous();
        api.MapGet("/session", (HttpContext context, IAntiforgery antiforgery) => TypedResults.Ok(new Session(context.User.Identity!.Name!, IsSession(context) ? antiforgery.GetAndStoreTokens(context).RequestToken : null)));
        api.MapPost("/logout", async (HttpContext context, SignIn signIn) =>
        {
            await signIn.SignOutAsync(context);
            return TypedResults.NoContent();
        }).AddEndpointFilter(RefuseForgedAsync);
        api.MapGet("/setup", OperatorEndpoints.SetupAsync);
        api.MapGet("/jobs", JobsApi.ListAsync);
        api.MapGet("/jobs/{name}", JobsApi.FindAsync);
        api.MapPost("/jobs/{name}/runs", JobsApi.RunAsync).AddEndpointFilter(RefuseForgedAsync);
        foreach (var area in OfKeyHealth)
        {
            Hand<KeyHealthRelay>(area);
        }

        foreach (var area in OfStats)
        {
            Hand<StatsRelay>(area);
        }

        api.Map("/{**rest}", () => ProblemResponses.Problem(StatusCodes.Status404NotFound, "not_found", "The admin API has nothing at this address."));

        void Hand<TRelay>(string area)
            where TRelay : Relay =>
            api.MapMethods($"/{area}/{{**rest}}", ["GET", "POST", "PUT", "PATCH", "DELETE"], (HttpContext context, TRelay relay, string? rest) => relay.SendAsync(context, $"{area}/{rest}", context.User.Identity!.Name!))
                .AddEndpointFilter(RefuseForgedAsync)
                .WithMetadata(new SizeLimit());
    }

    private static async Task<IResult> LoginAsync(HttpContext context, SignIn signIn, TimeProvider time)
    {
        // A form of another site cannot send JSON without asking this one first.
        if (!context.Request.HasJsonContentType())
        {
            return ProblemResponses.Problem(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", "The body must be application/json: {\"name\": \"…\", \"password\": \"…\"}.");
        }

        Login? login;
        try
        {
            login = await context.Request.ReadFromJsonAsync<Login>(context.RequestAborted);
        }
        catch (JsonException)
        {
            login = null;
        }

        if (login is null || string.IsNullOrEmpty(login.Name) || string.IsNullOrEmpty(login.Password))
        {
            return ProblemResponses.Problem(StatusCodes.Status400BadRequest, "invalid_login", "The fields name and password must not be empty.");
        }

        switch (await signIn.WithPasswordAsync(login.Name, login.Password))
        {
            case SignInOutcome.SignedIn:
                return TypedResults.NoContent();
            case SignInOutcome.Locked(var until):
                context.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling((until - time.GetUtcNow()).TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                return ProblemResponses.Problem(StatusCodes.Status429TooManyRequests, "locked", "Too many attempts failed. Try again later.");
            default:
                return ProblemResponses.Problem(StatusCodes.Status401Unauthorized, "invalid_credentials", "The name or the password is wrong.");
        }
    }

    /// <summary>A browser sends the session's cookie whoever asks it to; only who can read this origin knows the token.</summary>
    private static async ValueTask<object?> RefuseForgedAsync(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var context = call.HttpContext;
        var changes = !HttpMethods.IsGet(context.Request.Method);
        return changes && IsSession(context) && (!context.Request.Headers.ContainsKey(CsrfHeader) || !await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context))
            ? ProblemResponses.Problem(StatusCodes.Status400BadRequest, "antiforgery", $"The header {CsrfHeader} is missing or old. GET {Root}/session tells a new one.")
            : await next(call);
    }

    private static bool IsSession(HttpContext context) => context.User.Identity?.AuthenticationType == IdentityConstants.ApplicationScheme;

    private sealed class SizeLimit : IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => LargestBody;
    }
}
