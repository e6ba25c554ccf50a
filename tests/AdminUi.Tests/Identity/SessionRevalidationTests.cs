using System.Security.Claims;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace GeminiBalance.AdminUi.Tests.Identity;

/// <summary>Circuits whose session ends.</summary>
public sealed class SessionRevalidationTests(HostFixture fixture)
{
    /// <summary>Less than the pages' own looks are apart.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(8);

    [Fact]
    public async Task Page_WhosePasswordWasChanged_EndsAtOnce_AndNobodyElses()
    {
        await using var host = await fixture.NewHostAsync();
        await using var scope = host.Services.CreateAsyncScope();
        var operators = scope.ServiceProvider.GetRequiredService<OperatorManager>();
        var admin = (await operators.FindByNameAsync("admin"))!;
        var ada = new Operator { UserName = "ada" };
        Assert.True((await operators.CreateAsync(ada, "another long password")).Succeeded);
        await using var mine = host.Services.CreateAsyncScope();
        await using var hers = host.Services.CreateAsyncScope();
        var (myEnd, herEnd) = (await ShowAsync(mine, admin), await ShowAsync(hers, ada));

        await operators.AccessFailedAsync(ada);
        Assert.True((await operators.ChangePasswordAsync(admin, AdminHost.Password, "a new long password")).Succeeded);

        Assert.False((await myEnd.WaitAsync(Soon)).User.Identity!.IsAuthenticated);
        Assert.False(herEnd.IsCompleted);
    }

    [Fact]
    public async Task Login_OfABrowserWhoseSessionEndedAMomentAgo_DoesNotSendItBack()
    {
        await using var host = await fixture.NewHostAsync();
        using var first = host.Browser();
        using var second = host.Browser();
        (await first.SignInAsync()).Dispose();
        (await second.SignInAsync()).Dispose();
        using var before = await second.GetAsync("/login?returnUrl=%2Fkeys");
        var token = Browserless.AntiforgeryToken(await first.GetStringAsync("/account/password"));
        (await first.SendFormAsync("/sign-out", ("__RequestVerificationToken", token))).Dispose();

        using var after = await second.GetAsync("/login?returnUrl=%2Fkeys");
        using var again = await second.SignInAsync(page: "/login?returnUrl=%2Fkeys");

        Assert.Equal("/keys", before.Headers.Location!.OriginalString.Replace("http://localhost", "", StringComparison.Ordinal));
        Assert.Equal((System.Net.HttpStatusCode.OK, System.Net.HttpStatusCode.Redirect), (after.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task Page_WhileTheDatabaseIsAway_GoesOnForAWhile()
    {
        var clock = new FakeTimeProvider();
        using var page = new SessionRevalidation(new NoScopes(), Options.Create(new IdentityOptions()), new OperatorChanges(), clock, NullLoggerFactory.Instance);

        var atFirst = await page.HoldsAsync(new ClaimsPrincipal(), CancellationToken.None);
        clock.Advance(SessionRevalidation.LongestUnknown);

        Assert.True(atFirst);
        await Assert.ThrowsAsync<TimeoutException>(() => page.HoldsAsync(new ClaimsPrincipal(), CancellationToken.None));
    }

    /// <summary>Opens a page for an operator.</summary>
    /// <returns>Ends when another operator, or none, is there.</returns>
    private static async Task<Task<AuthenticationState>> ShowAsync(AsyncServiceScope circuit, Operator user)
    {
        var principal = await circuit.ServiceProvider.GetRequiredService<IUserClaimsPrincipalFactory<Operator>>().CreateAsync(user);
        var provider = circuit.ServiceProvider.GetRequiredService<AuthenticationStateProvider>();
        ((IHostEnvironmentAuthenticationStateProvider)provider).SetAuthenticationState(Task.FromResult(new AuthenticationState(principal)));
        var ended = new TaskCompletionSource<AuthenticationState>(TaskCreationOptions.RunContinuationsAsynchronously);
        provider.AuthenticationStateChanged += async state => ended.TrySetResult(await state);
        return ended.Task;
    }

    private sealed class NoScopes : IServiceScopeFactory
    {
        public IServiceScope CreateScope() => throw new TimeoutException("The database does not answer.");
    }
}
