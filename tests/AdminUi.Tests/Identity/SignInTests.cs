using System.Net;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.AdminUi.Tests.Identity;

public sealed class SignInTests(HostFixture fixture)
{
    [Theory]
    [InlineData("/keys?status=Cooling", "/keys?status=Cooling")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    public async Task Password_Right_LeadsBackOnlyToThisOrigin(string returnUrl, string expected)
    {
        using var browser = fixture.Shared.Browser();
        using var response = await browser.SignInAsync(page: $"/login?returnUrl={Uri.EscapeDataString(returnUrl)}");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal($"/account/password?first=1&returnUrl={Uri.EscapeDataString(expected)}", response.Headers.Location!.OriginalString.Replace("http://localhost", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Page_WithoutSession_RedirectsToLoginWithItsOwnAddress()
    {
        using var browser = fixture.Shared.Browser();
        using var response = await browser.GetAsync("/keys?status=Cooling");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/login?returnUrl=%2Fkeys%3Fstatus%3DCooling", response.Headers.Location!.PathAndQuery);
    }

    [Theory]
    [InlineData("http://localhost", "gb.session=", false)]
    [InlineData("https://localhost", "__Host-gb.session=", true)]
    public async Task SessionCookie_OverThisScheme_HasTheRightFlags(string address, string start, bool secure)
    {
        using var browser = fixture.Shared.Browser(address);
        using var response = await browser.SignInAsync();

        var cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"), value => value.Contains("gb.session", StringComparison.Ordinal));
        Assert.StartsWith(start, cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/;", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain=", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(secure, cookie.Contains("secure", StringComparison.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("nobody")]
    public async Task Password_WrongSixTimes_LocksKnownAndUnknownNamesAlike(string name)
    {
        await using var host = await fixture.NewHostAsync();
        using var browser = host.Browser();
        var answers = new List<string>();
        for (var attempt = 0; attempt < 6; attempt++)
        {
            using var response = await browser.SignInAsync("wrong-password-here", name);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            answers.Add(await response.AlertAsync());
        }

        Assert.All(answers[..4], answer => Assert.StartsWith("User name or password is wrong.", answer, StringComparison.Ordinal));
        Assert.All(answers[4..], answer => Assert.StartsWith("Too many failures. Sign-in is locked until", answer, StringComparison.Ordinal));
        if (name == "admin")
        {
            using var right = await browser.SignInAsync();
            Assert.StartsWith("Too many failures.", await right.AlertAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Password_RightSeveralTimesAtOnceAfterAFailure_IsNeverCalledWrong()
    {
        await using var host = await fixture.NewHostAsync();
        using var careless = host.Browser();
        (await careless.SignInAsync("wrong-password-here")).Dispose();

        var statuses = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var browser = host.Browser();
            using var response = await browser.SignInAsync();
            return response.StatusCode;
        }));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.Redirect, status));
    }

    [Fact]
    public async Task Password_WrongFiveTimesAtOnce_CountsEachAndLocks()
    {
        await using var host = await fixture.NewHostAsync();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            using var browser = host.Browser();
            (await browser.SignInAsync("wrong-password-here")).Dispose();
        }));

        using var late = host.Browser();
        using var response = await late.SignInAsync();
        Assert.StartsWith("Too many failures.", await response.AlertAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lockout_AfterEachLock_DoublesUpToADay()
    {
        var first = TimeSpan.FromMinutes(15);
        Assert.Equal(first, OperatorManager.LockoutLength(first, 0));
        Assert.Equal(TimeSpan.FromMinutes(60), OperatorManager.LockoutLength(first, 2));
        Assert.Equal(TimeSpan.FromDays(1), OperatorManager.LockoutLength(first, 1000));
    }

    [Fact]
    public async Task SignOut_OfOneBrowser_EndsTheSessionsOfOthers()
    {
        await using var host = await fixture.NewHostAsync();
        using var first = host.Browser();
        using var second = host.Browser();
        (await first.SignInAsync()).Dispose();
        (await second.SignInAsync()).Dispose();

        var token = Browserless.AntiforgeryToken(await first.GetStringAsync("/account/password"));
        using var response = await first.SendFormAsync("/sign-out", ("__RequestVerificationToken", token));
        Assert.Equal("/login", response.Headers.Location!.OriginalString);
        using var after = await first.GetAsync("/account/password");
        Assert.Equal(HttpStatusCode.Redirect, after.StatusCode);

        // The second browser's cookie carries the old stamp, which the next check refuses.
        await using var scope = host.Services.CreateAsyncScope();
        var validation = host.Services.GetRequiredService<Microsoft.Extensions.Options.IOptions<Microsoft.AspNetCore.Identity.SecurityStampValidatorOptions>>().Value;
        validation.ValidationInterval = TimeSpan.Zero;
        using var other = await second.GetAsync("/account/password");
        Assert.Equal(HttpStatusCode.Redirect, other.StatusCode);
    }

    [Fact]
    public async Task SignOut_WhileWrongPasswordsAreTyped_StillEndsEverySession()
    {
        await using var host = await fixture.NewHostAsync();
        using var first = host.Browser();
        (await first.SignInAsync()).Dispose();
        var before = await StampAsync(host);
        var token = Browserless.AntiforgeryToken(await first.GetStringAsync("/account/password"));
        await Task.WhenAll(
            [
                SignOutAsync(),
                .. Enumerable.Range(0, 4).Select(async _ =>
                {
                    using var browser = host.Browser();
                    (await browser.SignInAsync("wrong-password-here")).Dispose();
                }),
            ]);

        Assert.NotEqual(before, await StampAsync(host));

        async Task SignOutAsync() => (await first.SendFormAsync("/sign-out", ("__RequestVerificationToken", token))).Dispose();
    }

    [Fact]
    public async Task Forms_WithoutAntiforgeryToken_AreRefused()
    {
        using var browser = fixture.Shared.Browser();
        using var login = await browser.SendFormAsync("/login", ("_handler", "password"), ("Input.Name", "admin"), ("Input.Password", AdminHost.Password));
        using var preferences = await browser.SendFormAsync("/preferences", ("theme", "dark"));
        (await browser.SignInAsync()).Dispose();
        using var signOut = await browser.SendFormAsync("/sign-out");
        using var still = await browser.GetAsync("/account/password");

        Assert.Equal(HttpStatusCode.BadRequest, login.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, preferences.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, signOut.StatusCode);
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    private static async Task<string?> StampAsync(AdminHost host)
    {
        await using var scope = host.Services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<OperatorManager>().FindByNameAsync("admin"))!.SecurityStamp;
    }
}
