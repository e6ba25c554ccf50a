using System.Net;
using GeminiBalance.AdminUi.Pages.MyUsage;
using GeminiBalance.AdminUi.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace GeminiBalance.AdminUi.Tests.Pages;

/// <summary>Holders of access keys, without an operator's session.</summary>
public sealed class MyUsageTests(HostFixture fixture)
{
    private const string Wrong = "sk-gb-wrong-of-tests-0123456789";

    [Fact]
    public async Task Key_ThatHolds_ShowsItsFiguresAndIsNowhereAfterwards()
    {
        await using var host = await fixture.NewHostAsync();
        using var browser = host.Browser();

        using var response = await SubmitAsync(browser, FakeGateway.HolderKey);
        var page = WebUtility.HtmlDecode(await response.Content.ReadAsStringAsync());

        Assert.Equal((HttpStatusCode.OK, true), (response.StatusCode, response.Headers.CacheControl?.NoStore));
        Assert.All(["数据 notebook", "1,240", "5,000", "2,000,000", "gemini-2.5-flash", "$1.234567", "$25.00", "60 requests, ∞ tokens"], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.DoesNotContain(FakeGateway.HolderKey, page, StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains(FakeGateway.HolderKey, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keys_Wrong_AreRefusedAlike_AndThenTheAddressIsLocked()
    {
        await using var host = await fixture.NewHostAsync();
        using var browser = host.Browser();

        foreach (var key in (string[])[Wrong, "", "two words", "sk-gb-ключ", .. Enumerable.Repeat(Wrong, 6)])
        {
            using var refused = await SubmitAsync(browser, key);
            Assert.Equal((HttpStatusCode.Unauthorized, "This is no valid access key."), (refused.StatusCode, await refused.AlertAsync()));
        }

        using var locked = await SubmitAsync(browser, FakeGateway.HolderKey);
        Assert.Equal(HttpStatusCode.TooManyRequests, locked.StatusCode);
        Assert.InRange(locked.Headers.RetryAfter!.Delta!.Value.TotalMinutes, 10, 15);
        Assert.StartsWith("Too many wrong keys came from your address.", await locked.AlertAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains(Wrong, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("en", "This access key is valid, but may only be used from certain networks")]
    [InlineData("zh-CN", "此访问密钥有效，但只能在特定网络中使用")]
    public async Task Key_OfAnotherNetwork_IsToldWhereToAsk_AndIsNobodysGuess(string language, string told)
    {
        await using var host = await fixture.NewHostAsync();
        using var browser = host.Browser();
        browser.DefaultRequestHeaders.Add("Accept-Language", language);
        for (var time = 0; time < 12; time++)
        {
            using var elsewhere = await SubmitAsync(browser, FakeGateway.ElsewhereKey);
            Assert.Equal(HttpStatusCode.Forbidden, elsewhere.StatusCode);
            Assert.StartsWith(told, await elsewhere.AlertAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Keys_WrongWhileTheGatewayLooksAtNoMore_CountAsGuesses()
    {
        await using var host = await fixture.NewHostAsync();
        using var browser = host.Browser();
        for (var time = 0; time < 10; time++)
        {
            using var refused = await SubmitAsync(browser, FakeGateway.OneTooManyKey);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        using var locked = await SubmitAsync(browser, FakeGateway.OneTooManyKey);
        Assert.Equal(HttpStatusCode.TooManyRequests, locked.StatusCode);
    }

    [Fact]
    public async Task Gateway_ThatCannotTell_SaysSo_AndIsNobodysGuess()
    {
        await using var host = await fixture.NewHostAsync();
        using var browser = host.Browser();
        for (var time = 0; time < 12; time++)
        {
            using var away = await SubmitAsync(browser, FakeGateway.AwayKey);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
        }

        using var silent = await fixture.NewHostAsync(("services:proxy:http:0", "http://127.0.0.1:1"));
        using var other = silent.Browser();
        using var response = await SubmitAsync(other, FakeGateway.HolderKey);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.StartsWith("The gateway cannot tell the figures at the moment.", await response.AlertAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Form_OfAnotherSite_OrAKeyInTheAddress_DoesNothing()
    {
        using var browser = fixture.Shared.Browser();
        using var forged = await browser.SendFormAsync("/my-usage", ("_handler", "usage"), ("Input.Key", FakeGateway.HolderKey));
        var page = await browser.GetStringAsync($"/my-usage?key={FakeGateway.HolderKey}&Input.Key={FakeGateway.HolderKey}");

        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        Assert.Contains("action=\"/my-usage\"", page, StringComparison.Ordinal);
        Assert.Contains("type=\"password\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("notebook", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Guesses_FromOneNetwork_LockItForAWhile_AndNobodyElse()
    {
        var clock = new FakeTimeProvider();
        var guesses = new HolderGuesses(clock);
        for (var guess = 0; guess < 10; guess++)
        {
            Assert.Null(guesses.Begin(IPAddress.Parse($"2001:db8::{guess}")));
        }

        Assert.Equal(clock.GetUtcNow().AddMinutes(15), guesses.Begin(IPAddress.Parse("2001:db8::ffff")));
        Assert.Null(guesses.Begin(IPAddress.Parse("2001:db8:0:1::1")));
        Assert.Null(guesses.Begin(IPAddress.Parse("192.0.2.1")));
        for (var asked = 0; asked < 30; asked++)
        {
            Assert.Null(guesses.Begin(IPAddress.Parse("192.0.2.2")));
            guesses.Forgive(IPAddress.Parse("192.0.2.2"));
        }

        clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Null(guesses.Begin(IPAddress.Parse("2001:db8::1")));
    }

    private static Task<HttpResponseMessage> SubmitAsync(HttpClient browser, string key) => browser.SubmitAsync("/my-usage", "usage", ("Input.Key", key));
}
