using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using GeminiBalance.AdminUi.Identity;
using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.AdminUi.Tests.Identity;

public sealed class OperatorEndpointsTests(HostFixture fixture)
{
    [Fact]
    public async Task LoginLink_FollowedTwice_SignsInOnce()
    {
        using var commands = Commands(fixture.Shared);
        using var created = await commands.PostAsync("/internal/login-links", null);
        var link = (await created.Content.ReadFromJsonAsync<LoginLinkCreated>())!;
        Assert.StartsWith("/login?t=", link.Url, StringComparison.Ordinal);
        Assert.InRange(link.ExpiresAt - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));

        var token = link.Url["/login?t=".Length..];
        using var first = fixture.Shared.Browser();
        using var followed = await first.SubmitAsync(link.Url, "link", ("Link.Token", token));
        Assert.Equal(HttpStatusCode.Redirect, followed.StatusCode);
        using var inside = await first.GetAsync("/account/password");
        Assert.Equal(HttpStatusCode.OK, inside.StatusCode);

        using var second = fixture.Shared.Browser();
        using var again = await second.SubmitAsync(link.Url, "link", ("Link.Token", token));
        Assert.Contains("was used or is too old", await again.AlertAsync(), StringComparison.Ordinal);
        using var outside = await second.GetAsync("/account/password");
        Assert.Equal(HttpStatusCode.Redirect, outside.StatusCode);
    }

    [Fact]
    public async Task LoginLink_Stored_IsOnlyAHashAndDiesAfterTenMinutes()
    {
        using var commands = Commands(fixture.Shared);
        using var created = await commands.PostAsync("/internal/login-links", null);
        var token = (await created.Content.ReadFromJsonAsync<LoginLinkCreated>())!.Url["/login?t=".Length..];
        await using var scope = fixture.Shared.Services.CreateAsyncScope();
        var store = scope.ServiceProvider.GetRequiredService<IdentityStore>();
        Assert.DoesNotContain(await store.LoginLinks.ToListAsync(TestContext.Current.CancellationToken), link => link.Hash.Contains(token, StringComparison.Ordinal));

        var later = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow().AddMinutes(10).AddSeconds(1));
        Assert.Null(await new LoginLinks(store, later).UseAsync(token, TestContext.Current.CancellationToken));
        Assert.NotNull(await new LoginLinks(store, TimeProvider.System).UseAsync(token, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LoginLink_RacedByMany_IsWonByOne()
    {
        using var commands = Commands(fixture.Shared);
        using var created = await commands.PostAsync("/internal/login-links", null);
        var token = (await created.Content.ReadFromJsonAsync<LoginLinkCreated>())!.Url["/login?t=".Length..];
        var winners = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await using var scope = fixture.Shared.Services.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<LoginLinks>().UseAsync(token, CancellationToken.None);
        }));

        Assert.Single(winners, winner => winner is not null);
    }

    [Fact]
    public async Task Password_ResetByCommand_UnlocksReplacesAndCountsAsFirst()
    {
        await using var host = await fixture.NewHostAsync();
        using var commands = Commands(host);
        Assert.Equal(new SetupState("admin", true, true), await commands.GetFromJsonAsync<SetupState>("/internal/setup"));

        using var browser = host.Browser();
        (await browser.SignInAsync()).Dispose();
        using var changed = await browser.SubmitAsync("/account/password?returnUrl=/keys", "password", ("Input.Current", AdminHost.Password), ("Input.New", "a new long password"), ("Input.Repeat", "a new long password"));
        Assert.EndsWith("/keys", changed.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal(new SetupState("admin", false, false), await commands.GetFromJsonAsync<SetupState>("/internal/setup"));

        using var locked = host.Browser();
        for (var attempt = 0; attempt < 5; attempt++)
        {
            (await locked.SignInAsync("wrong-password-here")).Dispose();
        }

        using var reset = await commands.PostAsync("/internal/password", null);
        var answer = (await reset.Content.ReadFromJsonAsync<PasswordReset>())!;
        Assert.Equal(20, answer.Password.Length);
        using var signedIn = await locked.SignInAsync(answer.Password);
        Assert.Equal(HttpStatusCode.Redirect, signedIn.StatusCode);
        Assert.Equal(new SetupState("admin", true, false), await commands.GetFromJsonAsync<SetupState>("/internal/setup"));
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains(answer.Password, StringComparison.Ordinal) || line.Contains(AdminHost.Password, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("wrong-password-here", "a new long password", "a new long password", "The current password is wrong.")]
    [InlineData(AdminHost.Password, "short", "short", "The new password is too short")]
    [InlineData(AdminHost.Password, "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "The new password repeats too few characters")]
    [InlineData(AdminHost.Password, "a new long password", "another password", "The two new passwords differ.")]
    public async Task Password_ChangedBadly_IsRefusedWithTheReason(string current, string replacement, string repeat, string reason)
    {
        using var browser = fixture.Shared.Browser();
        (await browser.SignInAsync()).Dispose();
        using var response = await browser.SubmitAsync("/account/password", "password", ("Input.Current", current), ("Input.New", replacement), ("Input.Repeat", repeat));

        Assert.Contains(reason, WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstPassword_NotGiven_IsGeneratedIntoAPrivateFileAndNotLogged()
    {
        var folder = Directory.CreateTempSubdirectory("gb-first-").FullName;
        try
        {
            await using var host = await fixture.NewHostAsync(("Identity:FirstPassword", null), ("Identity:FirstPasswordFolder", folder));
            using var browser = host.Browser();
            var path = Path.Combine(folder, "first-password");
            var password = (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).Trim();
            Assert.Equal(20, password.Length);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }

            Assert.Contains(host.Log.Lines, line => line.Contains(path, StringComparison.Ordinal));
            Assert.DoesNotContain(host.Log.Lines, line => line.Contains(password, StringComparison.Ordinal));
            using var response = await browser.SignInAsync(password);
            Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static HttpClient Commands(AdminHost host)
    {
        var client = host.Browser();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminHost.ServiceToken);
        return client;
    }
}
