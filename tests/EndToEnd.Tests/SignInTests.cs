using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.Playwright;

namespace GeminiBalance.EndToEnd.Tests;

/// <summary>Signing in with a browser, with and without scripts.</summary>
public sealed class SignInTests(Site site)
{
    [Fact]
    public async Task Login_WithoutJavaScript_Works()
    {
        await using var visit = await site.VisitAsync(script: false);
        await visit.Page.GotoAsync("/keys");
        await visit.Page.GetByLabel("User name").FillAsync("admin");
        await visit.Page.GetByLabel("Password").FillAsync(AdminHost.Password);
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Later" }).ClickAsync();

        Assert.EndsWith("/keys", visit.Page.Url, StringComparison.Ordinal);
        Assert.Equal("Keys", await visit.Page.Locator("h1").TextContentAsync());
    }

    [Fact]
    public async Task LoginLink_UsedTwice_SignsInOnce()
    {
        var link = await CreateLinkAsync();
        await using var first = await site.VisitAsync();
        await first.Page.GotoAsync(link);
        await first.Page.GetByRole(AriaRole.Heading, new() { Name = "Overview" }).WaitForAsync();
        Assert.DoesNotContain("t=", first.Page.Url, StringComparison.Ordinal);

        await using var second = await site.VisitAsync();
        await second.Page.GotoAsync(link);
        await second.Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "was used" }).WaitForAsync();
    }

    [Fact]
    public async Task SignOut_InOneTab_SendsTheOthersToTheLogin_UnsavedChangesOrNot()
    {
        await using var visit = await site.VisitAsync();
        await visit.SignInAsync();
        var other = await visit.Page.Context.NewPageAsync();
        await other.GotoAsync("/settings?group=Forwarding");
        await other.Locator("[id='Forwarding:DeadlineSeconds']").FillAsync("60");
        await Assertions.Expect(other.Locator(".gb-save-bar")).ToBeVisibleAsync();
        site.ForgetSession();

        await visit.Page.Locator(".gb-menu summary").ClickAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await visit.Page.WaitForURLAsync("**/login**");
        await other.WaitForURLAsync("**/login?returnUrl=%2Fsettings%3Fgroup%3DForwarding", new() { Timeout = 8_000 });
        await Assertions.Expect(other.GetByLabel("Password")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ConnectionThatIsLost_IsShown_UntilItIsThereAgain()
    {
        await using var visit = await site.VisitAsync();
        visit.ExpectedErrors.Add("");
        await visit.Page.AddInitScriptAsync("const Opened = WebSocket; window.sockets = []; window.WebSocket = class extends Opened { constructor(...given) { super(...given); window.sockets.push(this); } };");
        await visit.SignInAsync();
        await visit.OpenAsync("/keys?status=Cooling");
        var dialog = visit.Page.Locator("#components-reconnect-modal");
        await Assertions.Expect(dialog).ToBeHiddenAsync();

        await visit.Page.RouteAsync("**/_blazor/negotiate**", route => route.AbortAsync());
        await visit.Page.EvaluateAsync("() => window.sockets.forEach(socket => socket.close())");
        await Assertions.Expect(dialog).ToBeVisibleAsync(new() { Timeout = 20_000 });

        await visit.Page.UnrouteAsync("**/_blazor/negotiate**");
        await Assertions.Expect(dialog).ToBeHiddenAsync(new() { Timeout = 30_000 });
        Assert.EndsWith("/keys?status=Cooling", visit.Page.Url, StringComparison.Ordinal);
        await Assertions.Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Keys", Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Language_Switched_ChangesTheWholePage()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/keys?limit=25");
        await visit.Page.GetByLabel("Language").SelectOptionAsync("zh-Hans");
        await visit.Page.GetByRole(AriaRole.Heading, new() { Name = "密钥", Exact = true, Level = 1 }).WaitForAsync();
        await visit.Page.WaitForFunctionAsync("() => !document.querySelector('[aria-busy=true]') && document.querySelector('.gb-fresh').dataset.state !== 'waiting'");

        Assert.Equal("zh-Hans", await visit.Page.Locator("html").GetAttributeAsync("lang"));
        Assert.EndsWith("/keys?limit=25", visit.Page.Url, StringComparison.Ordinal);
        var words = await visit.Page.EvaluateAsync<string[]>(
            """
            () => {
              const skip = new Set(["SCRIPT", "STYLE", "CODE", "OPTION", "NOSCRIPT"]);
              const data = (node) => node.closest(".rzi, .rzi-circle-o-notch, .gb-clip, .gb-brand, .gb-menu, [class*=rzi]");
              const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              const words = [];
              for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const parent = node.parentElement;
                if (!skip.has(parent.tagName) && !data(parent) && parent.offsetParent) {
                  words.push(...(node.textContent.match(/[A-Za-z]{2,}/g) ?? []));
                }
              }
              return [...new Set(words)];
            }
            """);
        Assert.Empty(words.Except(["HTTP", "UTC", "UNAVAILABLE", "Google"]));
    }

    [Fact]
    public async Task Theme_Dark_IsThereBeforeScriptsRun()
    {
        await using var visit = await site.SignedInAsync();
        await visit.OpenAsync("/access-keys");
        await visit.Page.GetByLabel("Theme").SelectOptionAsync("dark");
        await visit.Page.WaitForFunctionAsync("() => document.documentElement.dataset.theme === 'dark'");

        await using var still = await site.VisitAsync(state: await visit.Page.Context.StorageStateAsync(), script: false);
        await still.Page.GotoAsync("/access-keys");
        Assert.Equal("rgb(18, 20, 22)", await still.Page.Locator("body").EvaluateAsync<string>("body => getComputedStyle(body).backgroundColor"));
    }

    private async Task<string> CreateLinkAsync()
    {
        using var http = new HttpClient { BaseAddress = site.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminHost.ServiceToken);
        using var response = await http.PostAsync("/internal/login-links", null);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("url").GetString()!;
    }
}
