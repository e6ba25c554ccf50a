using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Authentication;
using GeminiBalance.ServiceDefaults.Security;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Authentication;

public sealed class AccessKeyTermsTests
{
    private const string Models = """{"models":[{"name":"models/gemini-2.5-flash"},{"name":"models/gemini-2.5-pro"},{"name":"models/gemini-embedding-001"}]}""";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"a"}]}""", true)]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash-nothinking","messages":[{"role":"user","content":"a"}]}""", true)]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-pro","messages":[{"role":"user","content":"a"}]}""", false)]
    [InlineData("/v1/embeddings", """{"model":"gemini-embedding-001","input":"a"}""", false)]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"parts":[{"text":"a"}]}]}""", true)]
    [InlineData("/v1beta/models/gemini-2.5-pro:generateContent", """{"contents":[{"parts":[{"text":"a"}]}]}""", false)]
    public async Task Model_TheKeyMayNotUse_Is403AndNeverReachesTheUpstream(string path, string body, bool allowed)
    {
        var asked = 0;
        await using var upstream = await StubUpstream.StartAsync((context, _) =>
        {
            Interlocked.Increment(ref asked);
            return StubUpstream.JsonAsync(context, 200, Answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AIza-of-a-test"]);
        using var client = Client(gateway, ["gemini-2.5-flash*"]);

        using var response = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(allowed ? 1 : 0, asked);
        Assert.Equal(allowed ? RequestOutcome.Succeeded : RequestOutcome.ClientError, Assert.Single(gateway.Ledger.Facts).Outcome);
        if (!allowed && path.StartsWith("/v1/", StringComparison.Ordinal))
        {
            Assert.Equal("model_not_allowed", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["code"]);
        }
    }

    [Theory]
    [InlineData("disk", HttpStatusCode.ServiceUnavailable)]
    [InlineData("redis", HttpStatusCode.Unauthorized)]
    public async Task UnknownKey_OfACopyThatMayBeOld_IsAskedToTryAgain(string source, HttpStatusCode status)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AIza-of-a-test"]);
        gateway.Pool.Replace(gateway.Pool.View!.ToSnapshot() with { AccessKeys = [] }, source);

        using var response = await gateway.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(status == HttpStatusCode.ServiceUnavailable, response.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task Models_AreThoseTheKeyMayUse()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AIza-of-a-test"]);
        using var client = Client(gateway, ["gemini-2.5-pro"]);

        var listed = JsonNode.Parse(await client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken))!["data"]!.AsArray().Select(model => (string?)model!["id"]);
        using var other = await client.GetAsync("/v1/models/gemini-2.5-flash", TestContext.Current.CancellationToken);

        Assert.Equal(["gemini-2.5-pro"], listed);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "11.1.2.3", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("2001:db8::/32", "2001:db8:1::5", true)]
    [InlineData("2001:db8::/32", "10.1.2.3", false)]
    [InlineData("10.0.0.0/8", null, false)]
    public void Address_OutsideTheNetworksOfTheKey_IsRefused(string network, string? from, bool allowed) =>
        Assert.Equal(allowed, Key(addresses: [network]).MayComeFrom(from is null ? null : IPAddress.Parse(from)));

    [Fact]
    public async Task RotatedKey_WorksUntilTheOverlapEnds_AndNotAfter()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AIza-of-a-test"]);
        string[] keys = [.. Enumerable.Range(0, 2).Select(_ => AccessKeyFormat.Generate().Reveal())];
        foreach (var (until, expected) in new[] { (DateTimeOffset.UtcNow.AddHours(1), HttpStatusCode.OK), (DateTimeOffset.UtcNow.AddSeconds(-1), HttpStatusCode.Unauthorized) })
        {
            Add(gateway, Key(AccessKeyFormat.Hash(keys[0])) with { OldHash = AccessKeyFormat.Hash(keys[1]), OldHashUntil = until });

            Assert.Equal(HttpStatusCode.OK, await StatusAsync(gateway, keys[0]));
            Assert.Equal(expected, await StatusAsync(gateway, keys[1]));
        }
    }

    [Theory]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("x-api-key", "")]
    public async Task Connection_ThatStays_IsEachTimeWhoItShowsAndNoLongerThanThatKeyHolds(string header, string prefix)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AIza-of-a-test"]);
        string[] keys = [.. Enumerable.Range(0, 3).Select(_ => AccessKeyFormat.Generate().Reveal())];
        var first = Key(AccessKeyFormat.Hash(keys[0]));
        Add(gateway, first);
        Add(gateway, Key(AccessKeyFormat.Hash(keys[1])) with { Id = Guid.CreateVersion7() });
        var connections = 0;
        using SocketsHttpHandler handler = new() { ConnectCallback = ConnectAsync };
        using HttpClient client = new(handler) { BaseAddress = gateway.Address };
        List<HttpStatusCode> seen = [];
        foreach (var shown in (int[])[0, 0, 1, 1, 2, 2, 0, 0])
        {
            seen.Add(await AskAsync(shown));
        }

        Add(gateway, first with { Enabled = false });
        seen.Add(await AskAsync(0));
        seen.Add(await AskAsync(1));

        var (ok, no) = (HttpStatusCode.OK, HttpStatusCode.Unauthorized);
        Assert.Equal([ok, ok, ok, ok, no, no, ok, ok, no, ok], seen);
        Assert.Equal(1, connections);

        async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
        {
            connections++;
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(context.DnsEndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }

        async Task<HttpStatusCode> AskAsync(int key)
        {
            using HttpRequestMessage request = new(HttpMethod.Get, "/v1/models");
            request.Headers.TryAddWithoutValidation(header, prefix + keys[key]);
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(GatewayHost gateway, string key)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static HttpClient Client(GatewayHost gateway, IReadOnlyList<string> models)
    {
        var shown = AccessKeyFormat.Generate().Reveal();
        Add(gateway, Key(AccessKeyFormat.Hash(shown)) with { Models = models });
        var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", shown);
        return client;
    }

    private static void Add(GatewayHost gateway, PoolAccessKey key)
    {
        var view = gateway.Pool.View!;
        Assert.True(gateway.Pool.TryApply(new PoolChange(view.Epoch, view.Sequence + 1, [], [], [], [], [key], [])));
    }

    private static PoolAccessKey Key(string hash = "hash", IReadOnlyList<string>? addresses = null) => new(Guid.Parse("019f1a2b-0000-7000-8000-000000000001"), "test", hash, true, null, Addresses: addresses);
}
