using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Server;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace GeminiBalance.AdminUi.Identity;

/// <summary>
/// Ends open pages whose operator signed out or changed the password elsewhere: a circuit outlives the request that began it. What this replica stored is told at once,
/// what another one did is seen at the next look.
/// </summary>
internal sealed partial class SessionRevalidation : RevalidatingServerAuthenticationStateProvider
{
    /// <summary>How long a page goes on while the database cannot be asked.</summary>
    internal static readonly TimeSpan LongestUnknown = TimeSpan.FromMinutes(5);

    // The browser that changed the password gets its new cookie first; its other pages would come to the login with the old one.
    private static readonly TimeSpan CookieFirst = TimeSpan.FromSeconds(1);
    private static readonly Task<AuthenticationState> Nobody = Task.FromResult(new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity())));

    private readonly IServiceScopeFactory scopes;
    private readonly IdentityOptions options;
    private readonly OperatorChanges changes;
    private readonly TimeProvider time;
    private readonly ILogger<SessionRevalidation> logger;
    private readonly CancellationTokenSource left = new();
    private readonly CancellationToken gone;
    private Task<AuthenticationState>? shown;
    private DateTimeOffset knownAt;
    private bool isUnknown;

    public SessionRevalidation(IServiceScopeFactory scopes, IOptions<IdentityOptions> options, OperatorChanges changes, TimeProvider time, ILoggerFactory loggers)
        : base(loggers)
    {
        (this.scopes, this.options, this.changes, this.time, logger) = (scopes, options.Value, changes, time, loggers.CreateLogger<SessionRevalidation>());
        (gone, knownAt) = (left.Token, time.GetUtcNow());
        AuthenticationStateChanged += state => shown = state;
        changes.Stored += Compare;
    }

    protected override TimeSpan RevalidationInterval => TimeSpan.FromSeconds(10);

    /// <summary>Whether the session still holds. A database that is away for a while ends no page: that the session held is the last that is known.</summary>
    /// <param name="user">Who the page is shown to.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<bool> HoldsAsync(ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var operators = scope.ServiceProvider.GetRequiredService<OperatorManager>();
            var stored = await operators.GetUserAsync(user);
            (knownAt, isUnknown) = (time.GetUtcNow(), false);
            return stored is not null && Stamp(user) == await operators.GetSecurityStampAsync(stored);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && time.GetUtcNow() - knownAt < LongestUnknown)
        {
            if (!isUnknown)
            {
                LogUnknown(e.GetType().Name);
            }

            isUnknown = true;
            return true;
        }
    }

    protected override Task<bool> ValidateAuthenticationStateAsync(AuthenticationState authenticationState, CancellationToken cancellationToken) =>
        HoldsAsync(authenticationState.User, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        changes.Stored -= Compare;
        if (disposing && !gone.IsCancellationRequested)
        {
            left.Cancel();
            left.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Compare(Operator user)
    {
        if (shown is not { IsCompletedSuccessfully: true, Result.User: var mine } || mine.FindFirstValue(options.ClaimsIdentity.UserIdClaimType) != user.Id || Stamp(mine) == user.SecurityStamp)
        {
            return;
        }

        // Nothing of the request that stored the operator belongs to this page.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(EndAsync, gone);
        }
    }

    private async Task EndAsync()
    {
        await Task.Delay(CookieFirst, time, gone);
        SetAuthenticationState(Nobody);
    }

    private string? Stamp(ClaimsPrincipal user) => user.FindFirstValue(options.ClaimsIdentity.SecurityStampClaimType);

    [LoggerMessage(1, LogLevel.Warning, "Whether the session of an open page still holds is not known ({Reason}); it goes on for a while.")]
    private partial void LogUnknown(string reason);
}
