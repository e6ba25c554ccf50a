using System.Net;
using System.Net.Http.Headers;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Ingress;
using GeminiBalance.ServiceDefaults.Security;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Authentication;

public sealed class IngressTests
{
    private const string Models = """{"models":[{"name":"models/gemini-2.5-flash"}]}""";
    private const string Proxies = "127.0.0.1, ::1, 10.0.0.0/8";

    [Theory]
    [InlineData(Proxies, "203.0.113.5", HttpStatusCode.OK)]
    [InlineData(Proxies, "203.0.113.5, 10.1.2.3", HttpStatusCode.OK)]
    [InlineData(Proxies, "198.51.100.1", HttpStatusCode.Forbidden)]
    [InlineData(Proxies, "203.0.113.5, 198.51.100.1", HttpStatusCode.Forbidden)]
    [InlineData(Proxies, "203.0.113.5, 198.51.100.1, 10.1.2.3", HttpStatusCode.Forbidden)]
    [InlineData(Proxies, "nonsense", HttpStatusCode.Forbidden)]
    [InlineData(Proxies, null, HttpStatusCode.Forbidden)]
    [InlineData("", "203.0.113.5", HttpStatusCode.Forbidden)]
    [InlineData("10.0.0.0/8", "203.0.113.5", HttpStatusCode.Forbidden)]
    public async Task ClientsAddress_IsTheLastOneATrustedProxyDidNotSayOfAnother(string trusted, string? forwardedFor, HttpStatusCode expected)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AIza-of-a-test"], TimeProvider.System, ("Ingress:TrustedProxies", trusted));
        var shown = AccessKeyFormat.Generate().Reveal();
        var view = gateway.Pool.View!;
        PoolAccessKey key = new(Guid.CreateVersion7(), "test", AccessKeyFormat.Hash(shown), true, null, Addresses: ["203.0.113.0/24"]);
        Assert.True(gateway.Pool.TryApply(new PoolChange(view.Epoch, view.Sequence + 1, [], [], [], [], [key], [])));
        using var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", shown);
        if (forwardedFor is not null)
        {
            client.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        }

        using var response = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task WrongKeys_OfOneClientBehindTheProxy_DoNotSlowAnotherDown()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AIza-of-a-test"], TimeProvider.System, ("Ingress:TrustedProxies", Proxies), ("Authentication:FailuresPerMinute", "2"));

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests, HttpStatusCode.Unauthorized],
            [await WrongAsync(gateway, "203.0.113.5"), await WrongAsync(gateway, "203.0.113.5"), await WrongAsync(gateway, "203.0.113.5"), await WrongAsync(gateway, "203.0.113.6")]);
    }

    [Theory]
    [InlineData("10.0.0.0/8, 192.0.2.7, 2001:db8::/32", null)]
    [InlineData("", null)]
    [InlineData("10.0.0.0/8, everybody", "Ingress:TrustedProxies holds 'everybody', which is no network such as 10.0.0.0/8 and no address.")]
    [InlineData("10.0.0.0/40", "Ingress:TrustedProxies holds '10.0.0.0/40', which is no network such as 10.0.0.0/8 and no address.")]
    public void Setting_ThatNamesNoNetwork_IsRefusedByName(string value, string? refusal) =>
        Assert.Equal(refusal, new IngressOptions().Validate(null, new IngressOptions { TrustedProxies = value }).FailureMessage);

    private static async Task<HttpStatusCode> WrongAsync(GatewayHost gateway, string forwardedFor)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AccessKeyFormat.Generate().Reveal());
        client.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        using var response = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
