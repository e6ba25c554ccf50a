using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class SurfaceTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";

    [Fact]
    public async Task Models_AreListedOnceAndFoundByName()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        var key = (await simulator.Control.KeysAsync()).First(key => key.Behaviour is null).Value;
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [key]);

        var list = await gateway.Client.GetFromJsonAsync<JsonNode>("/v1/models", TestContext.Current.CancellationToken);
        var one = await gateway.Client.GetFromJsonAsync<JsonNode>("/models/models/gemini-2.5-flash", TestContext.Current.CancellationToken);
        using var none = await gateway.Client.GetAsync("/v1/models/nope", TestContext.Current.CancellationToken);

        Assert.Contains(list!["data"]!.AsArray(), model => (string?)model!["id"] == "gemini-2.5-flash" && (string?)model["object"] == "model" && (long)model["created"]! > 0);
        Assert.Equal("gemini-2.5-flash", (string?)one!["id"]);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Equal([RequestOutcome.Succeeded, RequestOutcome.Succeeded, RequestOutcome.ClientError], gateway.Ledger.Facts.Select(fact => fact.Outcome));
        Assert.Equal(1, gateway.Ledger.Facts.Sum(fact => fact.Attempts.Count));
    }

    [Fact]
    public async Task Root_IsAHintForPeople()
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), []);

        Assert.Contains("/v1/chat/completions", await gateway.Client.GetStringAsync("/", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1", 404)]
    [InlineData("GET", "/.env", 404)]
    [InlineData("POST", "/v1/chat%2fcompletions", 404)]
    [InlineData("POST", "/v1/nothing", 404)]
    [InlineData("GET", "/v1/chat/completions", 405)]
    [InlineData("DELETE", "/v1/models/gemini-2.5-flash", 405)]
    public async Task UnknownUrl_IsAnErrorObject(string method, string path, int status)
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), []);

        using var response = await gateway.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("unknown_url", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["code"]);
        Assert.Empty(gateway.Ledger.Facts);
    }

    [Fact]
    public async Task Status_NeedsTheServiceToken()
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [Key]);
        using var refused = await gateway.Client.GetAsync("/internal/status", TestContext.Current.CancellationToken);
        using var service = new HttpClient { BaseAddress = gateway.Address };
        service.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", GatewayHost.ServiceToken);

        var status = await service.GetFromJsonAsync("/internal/status", ContractsJson.Default.ProxyStatus, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal((1, 1, 1, "test", 0L), (status!.Keys, status.Eligible, status.AccessKeys, status.Source, status.UnsentFacts));
    }

    [Theory]
    [InlineData("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n", "HTTP/1.1")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n", "2\r\n{}\r\n0\r\n\r\n", "HTTP/1.1")]
    [InlineData("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n", "HTTP/1.0")]
    [InlineData("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n", "HTTP/1.1")]
    [InlineData("X-Bare: a\nX-Other: b\r\n", "", "HTTP/1.1")]
    public async Task Framing_ThatParsersReadDifferently_IsRefused(string headers, string body, string protocol)
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [Key]);
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/chat/completions {protocol}\r\nHost: gateway\r\nAuthorization: Bearer {gateway.AccessKey}\r\nContent-Type: application/json\r\n{headers}\r\n{body}"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var line = await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Contains(" 400 ", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Authorization", "Bearer {0}", 200)]
    [InlineData("Authorization", "bearer  {0}", 200)]
    [InlineData("x-api-key", "{0}", 200)]
    [InlineData("x-goog-api-key", "{0}", 200)]
    [InlineData("Authorization", "{0}", 401)]
    [InlineData("Authorization", "Basic {0}", 401)]
    [InlineData("Authorization", "Bearer", 401)]
    [InlineData("Authorization", "Bearer {0}x", 401)]
    [InlineData("X-Other", "{0}", 401)]
    public async Task AccessKey_IsTakenFromTheHeadersClientsUse(string header, string format, int status)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, """{"models":[{"name":"models/m"}]}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        using var client = new HttpClient { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.TryAddWithoutValidation(header, string.Format(System.Globalization.CultureInfo.InvariantCulture, format, gateway.AccessKey));

        using var response = await client.GetAsync("/v1/models", TestContext.Current.CancellationToken);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 200 ? 1 : 0, gateway.Ledger.Facts.Count);
    }

    [Fact]
    public async Task Warnings_ThatNameTheClientsOwnWords_FitIntoAHeader()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", new StringContent("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"a"}],"extra_body":{"a\u0000\r\nb世":1}}""", Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("a???b?", response.Headers.GetValues("x-gb-warnings").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AccessKey_ThatDoesNotWork_GetsTheSameAnswerWhateverTheReason()
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [Key]);
        var now = TimeProvider.System.GetUtcNow();
        string[] real = [.. Enumerable.Range(0, 4).Select(_ => AccessKeyFormat.Generate().Reveal())];
        var change = new PoolChange(gateway.Pool.View!.Epoch, 2, [], [], [], [], [
            new PoolAccessKey(Guid.CreateVersion7(), "off", AccessKeyFormat.Hash(real[1]), false, null),
            new PoolAccessKey(Guid.CreateVersion7(), "old", AccessKeyFormat.Hash(real[2]), true, DateTimeOffset.UnixEpoch),
            new PoolAccessKey(Guid.CreateVersion7(), "rotated", AccessKeyFormat.Hash(AccessKeyFormat.Generate().Reveal()), true, null, OldHash: AccessKeyFormat.Hash(real[3]), OldHashUntil: now.AddSeconds(-1))], []);
        Assert.True(gateway.Pool.TryApply(change));
        var damaged = real[0][..^1] + (real[0][^1] == 'A' ? 'B' : 'A');

        var answers = new List<string>();
        foreach (var key in (string[])[.. real, damaged, real[0][..20], "sk-gb-", "sk-of-another-gateway", "x", new string('y', 300)])
        {
            using var client = new HttpClient { BaseAddress = gateway.Address };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            using var response = await client.PostAsync("/v1/chat/completions", ChatTests.Json("not looked at"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            var names = response.Headers.Concat(response.Content.Headers).Where(header => header.Key is not ("Date" or "X-Request-ID")).Select(header => $"{header.Key}: {string.Join(",", header.Value)}").Order();
            answers.Add(string.Join("\n", names) + "\n" + await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal(Enumerable.Repeat(answers[0], answers.Count), answers);
        Assert.Empty(gateway.Ledger.Facts);
    }
}
