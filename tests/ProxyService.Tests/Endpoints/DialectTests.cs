using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>Which of the two APIs a request speaks, and in which form it is answered.</summary>
public sealed class DialectTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";

    private const string Models = """
        {"models":[
          {"name": "models/m-one", "inputTokenLimit": 1048576, "brandNew": {"a": [1, 2]}},
          {"name": "models/m-two"},
          {"name": "models/m-three"}]}
        """;

    [Theory]
    [InlineData("/v1/models", "Authorization", false)]
    [InlineData("/v1/models", "x-api-key", false)]
    [InlineData("/v1/models", "x-goog-api-key", true)]
    [InlineData("/models/m-one", "Authorization", false)]
    [InlineData("/models/m-one", "x-goog-api-key", true)]
    [InlineData("/v1/v1/models/m-one", "Authorization", false)]
    [InlineData("/v1beta/models", "Authorization", true)]
    [InlineData("/v1beta/models", "x-goog-api-key", true)]
    [InlineData("/v1beta/models", "?key", true)]
    [InlineData("/v1alpha/models/m-one", "?key", true)]
    [InlineData("/v1beta/openai/models", "Authorization", false)]
    [InlineData("/v1beta/openai/models/m-one", "x-goog-api-key", false)]
    public async Task Models_AreAnsweredInTheDialectAsked(string path, string place, bool native)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await SendAsync(gateway, HttpMethod.Get, path, place);
        var json = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var one = path.EndsWith("/m-one", StringComparison.Ordinal) ? json : native ? json["models"]![0]! : json["data"]![0]!;
        Assert.Equal(native ? "models/m-one" : "m-one", (string?)one[native ? "name" : "id"]);
        Assert.Equal(RequestOutcome.Succeeded, Assert.Single(gateway.Ledger.Facts).Outcome);
        Assert.All(upstream.Seen, seen => Assert.DoesNotContain("sk-gb", seen.Url + string.Join(' ', seen.Headers.Values), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Aliases_AreListedWithTheModels_WhereTheirModelIs()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Models:Aliases:gpt-x", "m-two-search"), ("Models:Aliases:lost", "m-none"));

        var list = JsonNode.Parse(await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken))!;
        var one = JsonNode.Parse(await gateway.Client.GetStringAsync("/v1/models/gpt-x", TestContext.Current.CancellationToken))!;
        using var native = await SendAsync(gateway, HttpMethod.Get, "/v1beta/models/gpt-x", "x-goog-api-key");

        Assert.Equal(["m-one", "m-two", "m-three", "gpt-x"], list["data"]!.AsArray().Select(model => (string?)model!["id"]));
        Assert.Equal("gpt-x", (string?)one["id"]);
        Assert.Equal(HttpStatusCode.NotFound, native.StatusCode);
    }

    [Fact]
    public async Task NativeModels_AreTheUpstreamsOwnWords_PageByPage()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        var first = await gateway.Client.GetStringAsync("/v1beta/models?pageSize=2", TestContext.Current.CancellationToken);
        var second = await gateway.Client.GetStringAsync("/v1beta/models?pageSize=2&pageToken=" + (string?)JsonNode.Parse(first)!["nextPageToken"], TestContext.Current.CancellationToken);
        using var wrong = await gateway.Client.GetAsync("/v1beta/models?pageSize=-1", TestContext.Current.CancellationToken);

        Assert.Contains("""{"name": "models/m-one", "inputTokenLimit": 1048576, "brandNew": {"a": [1, 2]}}""", first, StringComparison.Ordinal);
        Assert.Equal("""{"models":[{"name": "models/m-three"}]}""", second);
        Assert.Equal("pageSize", (string?)JsonNode.Parse(await wrong.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["details"]![1]!["fieldViolations"]![0]!["field"]);
        Assert.Single(upstream.Seen);
    }

    [Fact]
    public async Task Models_WhenTheUpstreamIsAway_AreTheLastKnown()
    {
        var away = false;
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, away ? 503 : 200, away ? "{}" : Models));
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)) { AutoAdvanceAmount = TimeSpan.FromMilliseconds(1) };
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], time, ("Forwarding:MaximumAttempts", "1"));

        await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromMinutes(9));
        await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken);
        Assert.Single(upstream.Seen);
        away = true;
        time.Advance(TimeSpan.FromMinutes(2));
        var old = await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken);
        await gateway.Client.GetStringAsync("/v1/models", TestContext.Current.CancellationToken);

        Assert.Contains("m-three", old, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => Task.FromResult(upstream.Seen.Count == 2), TimeSpan.FromSeconds(30), "the list asked for again");
    }

    [Theory]
    [InlineData("GET", "/v1beta/models", 401, "UNAUTHENTICATED")]
    [InlineData("GET", "/v1beta/nothing", 404, "NOT_FOUND")]
    [InlineData("DELETE", "/v1beta/models/m-one", 405, "UNIMPLEMENTED")]
    public async Task NativeErrors_AreInGoogleShape(string method, string path, int status, string word)
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [Key]);
        using var client = new HttpClient { BaseAddress = gateway.Address };

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), TestContext.Current.CancellationToken);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;

        Assert.Equal((status, status, word), ((int)response.StatusCode, (int)error["code"]!, (string?)error["status"]));
        Assert.NotEmpty((string)error["message"]!);
        Assert.Empty(gateway.Ledger.Facts);
    }

    [Fact]
    public async Task QueryKey_OfOneRequest_IsNotTheNextOnes()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(socket.GetStream(), Encoding.ASCII);
        var statuses = new List<string?>();

        foreach (var query in (string[])["?key=" + gateway.AccessKey, ""])
        {
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET /v1beta/models{query} HTTP/1.1\r\nHost: gateway\r\n\r\n"), TestContext.Current.CancellationToken);
            statuses.Add(await reader.ReadLineAsync(TestContext.Current.CancellationToken));
            var length = 0;
            while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 } header)
            {
                length = header.StartsWith("Content-Length: ", StringComparison.Ordinal) ? int.Parse(header.AsSpan(16), System.Globalization.CultureInfo.InvariantCulture) : length;
            }

            await reader.ReadBlockAsync(new char[length], TestContext.Current.CancellationToken);
        }

        Assert.Equal(["HTTP/1.1 200 OK", "HTTP/1.1 401 Unauthorized"], statuses);
    }

    [Fact]
    public async Task WrongKeys_BeyondTheBudget_Are429_AndRightKeysStillServed()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Models));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Authentication:FailuresPerMinute", "2"));
        using var stranger = new HttpClient { BaseAddress = gateway.Address };
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "sk-gb-guess");
        var statuses = new List<HttpStatusCode>();
        TimeSpan? wait = null;

        for (var i = 0; i < 4; i++)
        {
            using var response = await stranger.GetAsync("/v1/models", TestContext.Current.CancellationToken);
            statuses.Add(response.StatusCode);
            wait = response.Headers.RetryAfter?.Delta;
        }

        using var right = await gateway.Client.GetAsync("/v1/models", TestContext.Current.CancellationToken);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests], statuses);
        Assert.InRange(wait!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        Assert.Equal(HttpStatusCode.OK, right.StatusCode);
    }

    private static Task<HttpResponseMessage> SendAsync(GatewayHost gateway, HttpMethod method, string path, string place)
    {
        var client = new HttpClient { BaseAddress = gateway.Address };
        var request = new HttpRequestMessage(method, place == "?key" ? $"{path}?key={gateway.AccessKey}" : path);
        if (place != "?key")
        {
            request.Headers.TryAddWithoutValidation(place, place == "Authorization" ? "Bearer " + gateway.AccessKey : gateway.AccessKey);
        }

        return client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
