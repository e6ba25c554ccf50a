using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace GeminiBalance.AdminUi.AdminApi;

/// <summary>Settings of section <c>AdminApi</c>.</summary>
internal sealed class AdminApiOptions
{
    /// <summary>What programs show as <c>Authorization: Bearer</c>, at least 32 random characters; null lets only sessions in.</summary>
    [MinLength(32, ErrorMessage = "AdminApi:Token is too short: at least 32 random characters are needed.")]
    public string? Token { get; set; }
}

/// <summary>Recognises the API token. It acts as the operator <c>api-token</c>.</summary>
internal sealed class AdminApiToken(IOptionsMonitor<AuthenticationSchemeOptions> schemes, ILoggerFactory loggers, UrlEncoder encoder, IOptionsMonitor<AdminApiOptions> options)
    : AuthenticationHandler<AuthenticationSchemeOptions>(schemes, loggers, encoder)
{
    /// <summary>Authentication scheme of the API token.</summary>
    public const string Name = "AdminApiToken";

    private const string Prefix = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        // Hashes have one length, so the comparison takes the same time whatever was shown.
        if (options.CurrentValue.Token is not { } token
            || !CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[Prefix.Length..].Trim())), SHA256.HashData(Encoding.UTF8.GetBytes(token))))
        {
            return Task.FromResult(AuthenticateResult.Fail("The API token is wrong."));
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "api-token")], Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Name)));
    }
}
