using System.Net;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Media;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>What a request names by address is fetched for calls that are let in, and for no others.</summary>
public sealed class FetchedMediaTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, .. "JFIF"u8, 0, 1, 1, 0];

    [Fact]
    public async Task Image_IsFetchedOnceTheCallIsLetIn()
    {
        await using var images = await StubUpstream.StartAsync((context, _) => context.Response.Body.WriteAsync(Jpeg).AsTask());
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await StartAsync(upstream, images);

        using var response = await AskAsync(gateway);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(Convert.ToBase64String(Jpeg), Assert.Single(upstream.Seen).Body, StringComparison.Ordinal);
        Assert.Single(images.Seen);
    }

    [Fact]
    public async Task Image_OfACallOverItsLimit_IsNotFetched()
    {
        await using var images = await StubUpstream.StartAsync((context, _) => context.Response.Body.WriteAsync(Jpeg).AsTask());
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await StartAsync(upstream, images);
        gateway.Limit(new AccessKeyLimits(RequestsPerMinute: 1));

        using var first = await AskAsync(gateway);
        using var second = await AskAsync(gateway);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode));
        Assert.Single(images.Seen);
        Assert.Equal([RequestOutcome.Succeeded, RequestOutcome.Limited], gateway.Ledger.Facts.Select(fact => fact.Outcome));
    }

    [Fact]
    public async Task Image_ThatCannotBeHad_IsTheClientsMistakeAndGivesItsPlaceBack()
    {
        await using var images = await StubUpstream.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await StartAsync(upstream, images, ("Admission:MaximumCalls", "1"), ("Admission:MaximumWaiting", "0"));

        for (var i = 0; i < 2; i++)
        {
            using var response = await AskAsync(gateway);

            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains("\"code\":\"invalid_image_url\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Empty(upstream.Seen);
        Assert.All(gateway.Ledger.Facts, fact => Assert.Equal((RequestOutcome.ClientError, 400, "invalid_image_url"), (fact.Outcome, fact.Status, fact.ErrorCode)));
        Assert.Equal(2, gateway.Ledger.Facts.Count);
    }

    private static Task<GatewayHost> StartAsync(StubUpstream upstream, StubUpstream images, params (string Name, string Value)[] settings) =>
        GatewayHost.StartAsync(upstream.Address, [Key], services => services.Replace(ServiceDescriptor.Singleton<MediaNetwork>(new Network(images.Address))), settings);

    private static Task<HttpResponseMessage> AskAsync(GatewayHost gateway) => gateway.Client.PostAsync(
        "/v1/chat/completions",
        new StringContent("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://public.test/a"}}]}]}""", Encoding.UTF8, "application/json"),
        TestContext.Current.CancellationToken);

    /// <summary>Every name is one of the open internet, and leads to the test's own server.</summary>
    private sealed class Network(Uri target) : MediaNetwork
    {
        public override Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Task.FromResult<IPAddress[]>([IPAddress.Parse("8.8.8.8")]);

        public override Task<Stream> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken) => base.ConnectAsync(new IPEndPoint(IPAddress.Loopback, target.Port), cancellationToken);
    }
}
