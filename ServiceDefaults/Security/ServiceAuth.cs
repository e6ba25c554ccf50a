using System.ComponentModel.DataAnnotations;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;

namespace GeminiBalance.ServiceDefaults.Security;

/// <summary>Settings of section <c>ServiceAuth</c>.</summary>
public sealed class ServiceAuthOptions
{
    /// <summary>The token services and the command line show each other: a random text of at least 32 characters, the same everywhere.</summary>
    [Required(ErrorMessage = "ServiceAuth:Token is not set. Set it to the same random text of at least 32 characters in every service.")]
    [MinLength(32, ErrorMessage = "ServiceAuth:Token is too short: at least 32 random characters are needed.")]
    public string Token { get; set; } = "";
}

/// <summary>How services recognise each other: a bearer token for the process, a header for whoever it acts for.</summary>
public static class ServiceAuth
{
    /// <summary>Authentication scheme of service tokens.</summary>
    public const string Scheme = "ServiceToken";

    /// <summary>Authorization policy: a valid service token.</summary>
    public const string Policy = "ServiceToken";

    /// <summary>Header that names whom the calling service acts for, for audit and events.</summary>
    public const string ActorHeader = "x-gb-actor";

    private const int MaximumActorLength = 100;

    private static readonly HttpRequestOptionsKey<TimeSpan> Patience = new("gb.patience");

    /// <summary>Accepts service tokens and adds <see cref="Policy"/>. A missing or short <c>ServiceAuth:Token</c> stops the start.</summary>
    /// <param name="services">The services.</param>
    /// <param name="asFallback">Whether every endpoint that says nothing else needs a service token.</param>
    public static IServiceCollection AddServiceAuthentication(this IServiceCollection services, bool asFallback = false)
    {
        services.AddServiceToken();
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ServiceTokenHandler>(Scheme, null);
        services.AddAuthorization(options =>
        {
            var policy = new AuthorizationPolicyBuilder(Scheme).RequireAuthenticatedUser().Build();
            options.AddPolicy(Policy, policy);
            if (asFallback)
            {
                options.FallbackPolicy = policy;
            }
        });
        return services;
    }

    /// <summary>
    /// Adds a typed client of another service: found by service discovery, with the service token, ten seconds per call that has no <see cref="WithPatience"/>, and retries for GET only.
    /// </summary>
    /// <typeparam name="TClient">The typed client.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="service">Resource name of the service, for example <c>keyhealth</c>.</param>
    public static IHttpClientBuilder AddServiceClient<TClient>(this IServiceCollection services, string service)
        where TClient : class
    {
        services.AddServiceToken();
        services.TryAddTransient<ServiceTokenSender>();

        // Never over a proxy of the environment: it would see the service token.
        var builder = services.AddHttpClient<TClient>(client => client.BaseAddress = new Uri($"http://{service}"))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
            .AddServiceDiscovery()
            .AddHttpMessageHandler<ServiceTokenSender>();
        builder.AddStandardResilienceHandler(options =>
        {
            options.Retry.DisableForUnsafeHttpMethods();
            Allow(options.AttemptTimeout);
            Allow(options.TotalRequestTimeout);
        });
        return builder;

        static void Allow(HttpTimeoutStrategyOptions timeout) => timeout.TimeoutGenerator = call =>
            ValueTask.FromResult(call.Context.GetRequestMessage() is { } request && request.Options.TryGetValue(Patience, out var patience) ? patience : timeout.Timeout);
    }

    /// <summary>Gives a call more time than others, for work that is known to take long.</summary>
    /// <param name="request">The call.</param>
    /// <param name="patience">How long it may take, with all attempts.</param>
    public static HttpRequestMessage WithPatience(this HttpRequestMessage request, TimeSpan patience)
    {
        request.Options.Set(Patience, patience);
        return request;
    }

    /// <summary>Whom the authenticated caller acts for; <c>service</c> when it does not say.</summary>
    /// <param name="context">A request with a valid service token.</param>
    public static string Actor(this HttpContext context)
    {
        var actor = context.Request.Headers[ActorHeader].ToString();
        return actor.Length is > 0 and <= MaximumActorLength && actor.All(c => c is >= ' ' and <= '~') ? actor : "service";
    }

    /// <summary>Says whom a call acts for.</summary>
    /// <param name="request">The call.</param>
    /// <param name="actor">1 to 100 printable ASCII characters; others are replaced by <c>?</c>.</param>
    public static HttpRequestMessage WithActor(this HttpRequestMessage request, string actor)
    {
        var safe = string.Concat(actor.Take(MaximumActorLength).Select(c => c is >= ' ' and <= '~' ? c : '?'));
        request.Headers.Remove(ActorHeader);
        request.Headers.TryAddWithoutValidation(ActorHeader, safe);
        return request;
    }

    private static void AddServiceToken(this IServiceCollection services)
    {
        services.AddValidatedOptions<ServiceAuthOptions>("ServiceAuth");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ServiceAuthOptions>, ServiceTokenQuality>());
    }

    /// <summary>Refuses tokens that are long but not random.</summary>
    private sealed class ServiceTokenQuality : IValidateOptions<ServiceAuthOptions>
    {
        public ValidateOptionsResult Validate(string? name, ServiceAuthOptions options) =>
            RandomText.LooksRepeated(options.Token) ? ValidateOptionsResult.Fail("ServiceAuth:Token is not random: it repeats a few characters.") : ValidateOptionsResult.Success;
    }

    private sealed class ServiceTokenSender(IOptions<ServiceAuthOptions> options) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.Token);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class ServiceTokenHandler(
        IOptionsMonitor<AuthenticationSchemeOptions> options,
        ILoggerFactory logger,
        UrlEncoder encoder,
        IOptions<ServiceAuthOptions> auth)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        private const string Bearer = "Bearer ";

        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var header = Request.Headers.Authorization.ToString();
            if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }

            // Hashing first makes both sides equally long: the comparison then tells nothing about the token's length either.
            var shown = SHA256.HashData(Encoding.UTF8.GetBytes(header[Bearer.Length..].Trim()));
            var expected = SHA256.HashData(Encoding.UTF8.GetBytes(auth.Value.Token));
            if (!CryptographicOperations.FixedTimeEquals(shown, expected))
            {
                return Task.FromResult(AuthenticateResult.Fail("Wrong service token."));
            }

            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, Context.Actor())], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }

        protected override Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.StatusCode = StatusCodes.Status401Unauthorized;
            Response.Headers.WWWAuthenticate = "Bearer";
            return Task.CompletedTask;
        }
    }
}
