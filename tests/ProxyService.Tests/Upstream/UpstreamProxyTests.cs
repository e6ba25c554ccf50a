using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Tests.Settings;
using GeminiBalance.ServiceDefaults.Egress;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Upstream;

/// <summary>Google reached through proxies.</summary>
public sealed class UpstreamProxyTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Model = "gemini-2.5-flash";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";

    /// <summary>Nobody has it: only a proxy can lead there.</summary>
    private static readonly Uri Google = new("http://gemini.invalid");

    [Fact]
    public async Task EveryKey_StaysWithItsProxy_AndOneThatIsTakenOutMovesOnlyItsOwn()
    {
        string[] keys = [.. Enumerable.Range(0, 24).Select(i => $"AQ.upstream-key-number-{i:00}-0000")];
        await using var one = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var two = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var three = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        StubUpstream[] proxies = [one, two, three];
        await using var gateway = await GatewayHost.StartAsync(Google, keys, ("Upstream:Proxies", string.Join(",", proxies.Select(proxy => proxy.Address))));

        var first = await AskAllAsync(gateway, keys, proxies);
        var again = await AskAllAsync(gateway, keys, proxies);
        SettingStage.Take(gateway, $"Upstream:Proxies={three.Address} {one.Address}");
        var without = await AskAllAsync(gateway, keys, proxies);

        Assert.Equal(first, again);
        Assert.All(proxies, proxy => Assert.Contains(proxy, first.Values));
        Assert.All(keys, key => Assert.True(first[key] == two ? without[key] != two : without[key] == first[key]));
    }

    [Fact]
    public async Task Credentials_AreShownToTheProxyThatAsksForThem_AndGoNowhereElse()
    {
        await using var proxy = await StubUpstream.StartAsync(AskWhoAsync);
        await using var gateway = await GatewayHost.StartAsync(Google, [Key]);
        SettingStage.Take(gateway, $"Upstream:Proxies=http://ada:p%40ss@127.0.0.1:{proxy.Address.Port}");

        using var response = await SettingStage.ChatAsync(gateway, Model);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("Basic " + Convert.ToBase64String("ada:p@ss"u8), proxy.Seen.Last().Headers["Proxy-Authorization"]);
    }

    [Fact]
    public async Task Socks_LeadsThere_NameAndAll()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        using var socks = new SocksStub(upstream.Address);
        await using var gateway = await GatewayHost.StartAsync(Google, [Key], ("Upstream:Proxies", $"socks5://ada:secret-word@127.0.0.1:{socks.Port}"));

        using var response = await SettingStage.ChatAsync(gateway, Model);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("ada", "secret-word", "gemini.invalid"), socks.Seen);
    }

    [Fact]
    public async Task TlsProxy_WhoseCertificateIsTrusted_LeadsThere_WithItsCredentials()
    {
        using var certificate = SelfSigned();
        await using var proxy = await StubUpstream.StartAsync(AskWhoAsync, certificate);
        using var ways = new UpstreamWays(
            new FixedOptions<UpstreamOptions>(new UpstreamOptions { Proxies = $"https://ada:p%40ss@localhost:{proxy.Address.Port}" }),
            way => new SocketsHttpHandler { Proxy = way, SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() } });

        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Google, "/v1beta/models"));
        using var response = await ways.Of(Guid.CreateVersion7()).SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("gemini.invalid", proxy.Seen.Last().Headers["Host"]);
        Assert.Equal("Basic " + Convert.ToBase64String("ada:p@ss"u8), proxy.Seen.Last().Headers["Proxy-Authorization"]);
    }

    [Fact]
    public async Task TlsProxy_WhoseCertificateNobodyVouchesFor_HearsNothing()
    {
        using var certificate = SelfSigned();
        await using var proxy = await StubUpstream.StartAsync(AskWhoAsync, certificate);
        await using var gateway = await GatewayHost.StartAsync(Google, [Key], ("Upstream:Proxies", $"https://ada:secret-word@localhost:{proxy.Address.Port}"));

        using var response = await SettingStage.ChatAsync(gateway, Model);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.DoesNotContain("secret-word", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(proxy.Seen);
        Assert.Empty(gateway.Ledger.Failures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Failure_OfAProxy_IsTheNetworks_AndShowsNoPassword(bool refuses)
    {
        await using var proxy = await StubUpstream.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 407;
            return Task.CompletedTask;
        });
        var port = refuses ? proxy.Address.Port : 1;
        await using var gateway = await GatewayHost.StartAsync(Google, [Key], ("Upstream:Proxies", $"http://ada:secret-word@127.0.0.1:{port}"));

        // More than the circuit of a model stands: what a proxy does says nothing of the model.
        for (var i = 0; i < 12; i++)
        {
            using var response = await SettingStage.ChatAsync(gateway, Model);
            var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.DoesNotContain("secret-word", text, StringComparison.Ordinal);
            Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        }

        Assert.Empty(gateway.Ledger.Failures);
        Assert.All(gateway.Ledger.Facts.SelectMany(fact => fact.Attempts), attempt => Assert.Equal(UpstreamOutcomeClass.NetworkError, attempt.Outcome));
        Assert.Equal(1, gateway.Pool.EligibleFor(Model)!.Count);
    }

    [Theory]
    [InlineData("ftp://proxy:21")]
    [InlineData("proxy:8080")]
    [InlineData("http://ada:secret-word@proxy:8080/path")]
    [InlineData("http://ada:***@proxy:8080")]
    public async Task List_ThatIsNone_IsRefused_WithoutShowingIt(string proxies)
    {
        await using var gateway = await GatewayHost.StartAsync(Google, [Key]);

        Assert.False(gateway.Settings.TryTake(new Dictionary<string, string> { ["Upstream:Proxies"] = proxies }, 1));

        Assert.StartsWith("Upstream:Proxies", gateway.Settings.Refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-word", gateway.Settings.Refusal, StringComparison.Ordinal);
    }

    /// <summary>A proxy that answers only to those who say who they are.</summary>
    private static Task AskWhoAsync(HttpContext context, SeenRequest seen)
    {
        if (seen.Headers.ContainsKey("Proxy-Authorization"))
        {
            return StubUpstream.JsonAsync(context, 200, Answer);
        }

        context.Response.StatusCode = 407;
        context.Response.Headers["Proxy-Authenticate"] = "Basic realm=\"egress\"";
        return Task.CompletedTask;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256) { CertificateExtensions = { names.Build() } };
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
    }

    /// <summary>Asks until every key was asked.</summary>
    private static async Task<Dictionary<string, StubUpstream>> AskAllAsync(GatewayHost gateway, string[] keys, StubUpstream[] proxies)
    {
        foreach (var proxy in proxies)
        {
            proxy.Seen.Clear();
        }

        for (var i = 0; i < keys.Length; i++)
        {
            using var response = await SettingStage.ChatAsync(gateway, Model);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        return proxies.SelectMany(proxy => proxy.Seen.Select(seen => (seen.Key, proxy))).ToDictionary(seen => seen.Key, seen => seen.proxy);
    }
}
