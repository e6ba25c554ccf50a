using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace GeminiBalance.AdminUi.Tests;

/// <summary>What strangers get from every endpoint there is.</summary>
public sealed class EndpointTests(HostFixture fixture)
{
    private static readonly string[] Open = ["/login", "/my-usage", "/error", "/preferences", "/admin/api/v1/login", "/alive", "/health", "/health/dependencies", "/metrics"];

    [Fact]
    public async Task EveryEndpoint_WithoutSession_IsRefusedUnlessListed()
    {
        using var browser = fixture.Shared.Browser();
        var asked = 0;
        foreach (var endpoint in fixture.Shared.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            if (Open.Contains(pattern) || endpoint.Metadata.Any(item => item.GetType().Name == "StaticAssetDescriptor"))
            {
                continue;
            }

            var path = System.Text.RegularExpressions.Regex.Replace(pattern, "{[^}]*}", "x");
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                using var response = await browser.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
                var toLogin = response.StatusCode == HttpStatusCode.Redirect && response.Headers.Location!.OriginalString.Contains("/login?returnUrl=", StringComparison.Ordinal);
                Assert.True(response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound or HttpStatusCode.BadRequest || toLogin, $"{method} {pattern} answered {(int)response.StatusCode}.");
                Assert.False(response.StatusCode == HttpStatusCode.BadRequest && !pattern.StartsWith("/_", StringComparison.Ordinal), $"{method} {pattern} looked at the request before asking who sent it.");
                asked++;
            }
        }

        Assert.InRange(asked, 8, 200);
    }

    [Theory]
    [InlineData("/internal/login-links", "POST")]
    [InlineData("/internal/password", "POST")]
    [InlineData("/internal/setup", "GET")]
    public async Task Internal_WithSessionOrWrongToken_Answers401(string path, string method)
    {
        using var browser = fixture.Shared.Browser();
        (await browser.SignInAsync()).Dispose();
        using var session = await browser.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "Authorization", "Bearer wrong-token-wrong-token-wrong-token" } } };
        using var wrong = await browser.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, session.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    [Theory]
    [InlineData("/nothing-here", "text/html,application/xhtml+xml", "en", "Page not found")]
    [InlineData("/keys/nothing", "text/html", "zh-CN", "找不到页面")]
    [InlineData("/nothing-here", "application/json", "en", "")]
    [InlineData("/admin/api/v2/keys", "text/html", "en", "Status Code: 404; Not Found")]
    public async Task Address_ThatLeadsNowhere_IsAPageForPeopleOnly(string path, string accepted, string language, string expected)
    {
        using var browser = fixture.Shared.Browser();
        (await browser.SignInAsync()).Dispose();
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", accepted }, { "Accept-Language", language } } };
        using var response = await browser.SendAsync(request);
        var text = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(expected.Length == 0, text.Length == 0);
        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.Equal(expected.StartsWith("Status", StringComparison.Ordinal) || expected.Length == 0, !text.Contains("<h1", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/login")]
    [InlineData("/keys")]
    [InlineData("/alive")]
    [InlineData("/app.css")]
    public async Task Headers_OfEveryAnswer_TellWhatThisSiteNeverDoes(string path)
    {
        using var browser = fixture.Shared.Browser();
        using var response = await browser.GetAsync(path);

        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("style-src-elem 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
    }

    [Theory]
    [InlineData("zh-CN,zh;q=0.9", "zh-Hans", "登录")]
    [InlineData("de-DE", "en", "Sign in")]
    public async Task Login_OnFirstVisit_SpeaksTheBrowsersLanguage(string accepted, string language, string heading)
    {
        using var browser = fixture.Shared.Browser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/login") { Headers = { { "Accept-Language", accepted } } };
        using var response = await browser.SendAsync(request);
        var html = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());

        Assert.Contains($"<html lang=\"{language}\"", html, StringComparison.Ordinal);
        Assert.Contains($"<h1>{heading}</h1>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preferences_Chosen_AreKeptAndLeadBackLocally()
    {
        using var browser = fixture.Shared.Browser();
        var token = Browserless.AntiforgeryToken(await browser.GetStringAsync("/login"));
        using var response = await browser.SendFormAsync("/preferences", ("__RequestVerificationToken", token), ("theme", "dark"), ("language", "zh-Hans"), ("returnUrl", "//evil.example"));

        Assert.Equal("/", response.Headers.Location!.OriginalString);
        var html = await browser.GetStringAsync("/login");
        Assert.Contains("data-theme=\"dark\"", html, StringComparison.Ordinal);
        Assert.Contains("lang=\"zh-Hans\"", html, StringComparison.Ordinal);
    }
}
