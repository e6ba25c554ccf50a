using GeminiBalance.ServiceDefaults;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>A link that signs in once.</summary>
/// <param name="Url">Path and query, relative to this service.</param>
/// <param name="ExpiresAt">When it stops working (UTC).</param>
internal sealed record LoginLinkCreated(string Url, DateTimeOffset ExpiresAt);

/// <summary>A new generated password.</summary>
/// <param name="User">Name to sign in with.</param>
/// <param name="Password">The password; this answer is the only place it is in.</param>
internal sealed record PasswordReset(string User, string Password)
{
    /// <summary>Leaves the password out.</summary>
    public override string ToString() => $"{nameof(PasswordReset)} {User}";
}

/// <summary>How far the first set-up went.</summary>
/// <param name="User">Name of the first operator.</param>
/// <param name="FirstPassword">True while its generated password is unchanged.</param>
/// <param name="PasswordAsConfigured">True while that is the one of <see cref="FirstOperatorOptions.FirstPassword"/>; a reset or a backup brings another.</param>
internal sealed record SetupState(string User, bool FirstPassword, bool PasswordAsConfigured);

/// <summary>Signing out, for people; links, passwords and set-up, for the command line.</summary>
internal static class OperatorEndpoints
{
    public static void MapOperatorEndpoints(this WebApplication app)
    {
        app.MapPost("/sign-out", async (HttpContext context, IAntiforgery antiforgery, SignIn signIn) =>
        {
            if (!await antiforgery.IsRequestValidAsync(context))
            {
                return (IResult)ProblemResponses.Problem(StatusCodes.Status400BadRequest, "antiforgery", "The form's token is missing or old. Reload the page and try again.");
            }

            await signIn.SignOutAsync(context);
            return TypedResults.LocalRedirect("/login");
        });

        var commands = app.MapGroup("/internal").RequireAuthorization(ServiceAuth.Policy);
        commands.MapPost("/login-links", CreateLoginLinkAsync);
        commands.MapPost("/password", ResetPasswordAsync);
        commands.MapGet("/setup", SetupAsync);
    }

    private static async Task<Results<Ok<LoginLinkCreated>, ProblemHttpResult>> CreateLoginLinkAsync(
        OperatorManager operators, LoginLinks links, HttpContext context, CancellationToken cancellationToken)
    {
        if (await operators.FindByNameAsync(Operator.First) is not { } user)
        {
            return NoOperator();
        }

        var (token, expiresAt) = await links.CreateAsync(user, cancellationToken);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new LoginLinkCreated($"/login?t={token}", expiresAt));
    }

    private static async Task<Results<Ok<PasswordReset>, ProblemHttpResult>> ResetPasswordAsync(OperatorManager operators, HttpContext context)
    {
        if (await operators.FindByNameAsync(Operator.First) is not { } user)
        {
            return NoOperator();
        }

        var password = PasswordGenerator.Generate();
        user.HasGeneratedPassword = true;
        user.Lockouts = 0;
        user.LockoutEnd = null;
        user.AccessFailedCount = 0;
        var result = await operators.ResetPasswordAsync(user, await operators.GeneratePasswordResetTokenAsync(user), password);
        if (!result.Succeeded)
        {
            return ProblemResponses.Problem(StatusCodes.Status409Conflict, "conflict", "The password was changed by someone else at the same moment. Try again.");
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new PasswordReset(Operator.First, password));
    }

    /// <summary>How far the first set-up went.</summary>
    internal static async Task<SetupState> SetupAsync(OperatorManager operators, IOptions<FirstOperatorOptions> first) =>
        await operators.FindByNameAsync(Operator.First) is { HasGeneratedPassword: true } user
            ? new(Operator.First, true, first.Value.FirstPassword is { } password && await operators.CheckPasswordAsync(user, password))
            : new(Operator.First, false, false);

    private static ProblemHttpResult NoOperator() =>
        ProblemResponses.Problem(StatusCodes.Status404NotFound, "not_found", "There is no operator named admin.");
}
