using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>Gemini's own API through the gateway.</summary>
public sealed class NativeTests
{
    private const string First = "AQ.upstream-key-number-one-0000";
    private const string Second = "AQ.upstream-key-number-two-0000";
    private const string Question = """{ "contents": [ {"parts": [{"text": "hi"}]} ], "brandNewField": {"x": [1, 2.50]} }""";

    [Theory]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", "x-goog-api-key")]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", "?key")]
    [InlineData("/v1alpha/models/gemini-2.5-flash:generateContent", "Authorization")]
    [InlineData("/v1/models/gemini-2.5-flash:generateContent", "x-goog-api-key")]
    [InlineData("/v1/models/gemini-2.5-flash:generateContent", "?key")]
    [InlineData("/models/gemini-2.5-flash:generateContent", "Authorization")]
    public async Task Bodies_PassByteForByte_AndNothingElse(string path, string place)
    {
        const string answer = "{\n  \"candidates\": [{\"content\": {\"parts\": [{\"text\": \"h\\u00e9\"}]}, \"finishReason\": \"STOP\"}],\n  \"usageMetadata\": {\"promptTokenCount\": 3, \"candidatesTokenCount\": 4, \"totalTokenCount\": 9, \"thoughtsTokenCount\": 2},\n  \"modelVersion\": \"gemini-2.5-flash-002\", \"newer\": 1.00\n}\n";
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        using var response = await PostAsync(gateway, path + "?$alt=json;enum-encoding%3Dint&fields=candidates", Question, place);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(answer, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Contains("left out", response.Headers.GetValues("x-gb-warnings").Single(), StringComparison.Ordinal);
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(("/v1beta/models/gemini-2.5-flash:generateContent?%24alt=json%3Benum-encoding%3Dint", Question, First), (seen.Url, seen.Body, seen.Key));
        Assert.DoesNotContain("Authorization", seen.Headers.Keys);
        Assert.DoesNotContain(gateway.AccessKey, string.Concat(seen.Headers.Values), StringComparison.Ordinal);
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOperation.NativeGemini, RequestOutcome.Succeeded, "gemini-2.5-flash", "gemini-2.5-flash-002"), (fact.Operation, fact.Outcome, fact.ModelAsked, fact.ModelServed));
        Assert.Equal((3L, 4L, 2L, 9L), (fact.Tokens!.Prompt, fact.Tokens.Completion, fact.Tokens.Thoughts, fact.Tokens.Total));
    }

    [Theory]
    [InlineData("generateContent", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "gemini-2.5-flash", "candidates")]
    [InlineData("countTokens", """{"contents":[{"parts":[{"text":"hi"}]}]}""", "gemini-2.5-flash", "totalTokens")]
    [InlineData("embedContent", """{"content":{"parts":[{"text":"hi"}]}}""", "gemini-embedding-2", "embedding")]
    [InlineData("batchEmbedContents", """{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"hi"}]}}]}""", "gemini-embedding-2", "embeddings")]
    public async Task Methods_AreServed(string method, string body, string model, string field)
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [(await simulator.Control.HealthyKeyAsync()).Value]);

        using var response = await PostAsync(gateway, $"/v1beta/models/{model}:{method}", body);

        Assert.NotNull(JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))![field]);
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((method == "countTokens" ? RequestOperation.CountTokens : RequestOperation.NativeGemini, RequestOutcome.Succeeded), (fact.Operation, fact.Outcome));
        Assert.Equal("ok", Assert.Single(await simulator.Control.LedgerAsync()).Outcome);
    }

    [Theory]
    [InlineData("?alt=sse", "text/event-stream")]
    [InlineData("", "application/json")]
    public async Task Streams_PassByteForByte(string query, string type)
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        var key = (await simulator.Control.HealthyKeyAsync()).Value;
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [key]);
        const string body = """{"contents":[{"parts":[{"text":"tell me more [words:80]"}]}]}""";
        using var direct = new HttpClient { BaseAddress = simulator.Address };
        direct.DefaultRequestHeaders.Add("x-goog-api-key", key);
        using var straight = await direct.PostAsync("/v1beta/models/gemini-2.5-flash:streamGenerateContent" + query, new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:streamGenerateContent" + query, body);

        Assert.Equal(type, response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(await TextAsync(straight), await TextAsync(response));
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.True(fact is { Streamed: true, Outcome: RequestOutcome.Succeeded, Tokens.Completion: > 0, FirstTokenMs: > 0 });

        // Ids differ from call to call; everything else must not.
        static async Task<string> TextAsync(HttpResponseMessage response) =>
            System.Text.RegularExpressions.Regex.Replace(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), "\"responseId\": ?\"[^\"]*\"", "");
    }

    [Theory]
    [InlineData("?alt=sse", "data: {\"a\":1}\r\n\r\n", "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n\r\n", "")]
    [InlineData("", "[{\"a\":1}\r\n", ",{\"candidates\":[{\"finishReason\":\"STOP\"}]}\r\n]", "")]
    public async Task Stream_ArrivesEventByEvent(string query, string first, string second, string rest)
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await context.Response.WriteAsync(first);
            await context.Response.Body.FlushAsync();
            await goOn.Task;
            await context.Response.WriteAsync(second + rest);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:streamGenerateContent" + query, Question);
        await using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var got = new byte[first.TrimEnd().Length];
        await stream.ReadExactlyAsync(got, TestContext.Current.CancellationToken);
        goOn.SetResult();
        using var reader = new StreamReader(stream);
        var all = Encoding.UTF8.GetString(got) + await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal(first + second + rest, all);
    }

    [Theory]
    [InlineData("generateContent", """{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}""", 429)]
    [InlineData("streamGenerateContent?alt=sse", """{"error":{"code":429,"message":"quota","status":"RESOURCE_EXHAUSTED"}}""", 429)]
    [InlineData("streamGenerateContent", """[{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}]""", 200)]
    [InlineData("streamGenerateContent?alt=sse", """{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}""", 200)]
    public async Task Failure_BeforeTheFirstByte_TakesAnotherKey(string method, string error, int status)
    {
        var calls = 0;
        await using var upstream = await StubUpstream.StartAsync((context, _) => Interlocked.Increment(ref calls) == 1
            ? StubUpstream.JsonAsync(context, status, error)
            : context.Response.WriteAsync(method switch { "generateContent" => """{"candidates":[]}""", "streamGenerateContent" => """[{"candidates":[]}]""", _ => "data: {\"candidates\":[]}\n\n" }));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First, Second]);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:" + method, Question);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("candidates", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(gateway.Ledger.Facts).Attempts.Count);
    }

    [Theory]
    [InlineData("?alt=sse", "data: {\"candidates\":[]}\n\n", "data: {\"error\":{\"code\":500,\"message\":\"key AQ.upstream-key-number-one-0000 died\",\"status\":\"INTERNAL\"}}\n\n")]
    [InlineData("", "[{\"candidates\":[]}\n", ",\n{\"error\":{\"code\":500,\"message\":\"key AQ.upstream-key-number-one-0000 died\",\"status\":\"INTERNAL\"}}]")]
    public async Task Failure_InTheMiddle_IsAnErrorInTheStreamsForm(string query, string good, string bad)
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await context.Response.WriteAsync(good);
            await context.Response.Body.FlushAsync();
            await goOn.Task;
            await context.Response.WriteAsync(bad);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First, Second]);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:streamGenerateContent" + query, Question);
        goOn.SetResult();
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith(good.TrimEnd(), text, StringComparison.Ordinal);
        Assert.DoesNotContain("upstream-key", text, StringComparison.Ordinal);
        var error = query.Length == 0 ? JsonNode.Parse(text)![1]! : JsonNode.Parse(text.Split("data: ")[^1])!;
        Assert.Equal((502, "UNAVAILABLE"), ((int)error["error"]!["code"]!, (string?)error["error"]!["status"]));
        Assert.Equal(RequestOutcome.UpstreamError, Assert.Single(gateway.Ledger.Facts).Outcome);
    }

    [Fact]
    public async Task Failure_RightBehindAnEvent_LeavesTheEventWhole()
    {
        const string good = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"whole\"}]}}]}\n";
        var goOn = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await context.Response.WriteAsync("data: {\"candidates\":[]}\n\n");
            await context.Response.Body.FlushAsync();
            await goOn.Task;
            await context.Response.WriteAsync(good + "{\n  \"error\": {\"code\": 500, \"message\": \"gone\", \"status\": \"INTERNAL\"}\n}\n");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", Question);
        goOn.SetResult();
        var events = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(3, events.Length);
        Assert.Equal(good, events[1] + "\n");
        Assert.NotNull(JsonNode.Parse(events[^1]["data: ".Length..])!["error"]);
        Assert.Equal(RequestOutcome.UpstreamError, Assert.Single(gateway.Ledger.Facts).Outcome);
    }

    [Theory]
    [InlineData("?alt=sse", ": nothing to say\n\n")]
    [InlineData("", "                  \n")]
    public async Task Stream_OfNothingButFiller_IsNotKeptWithoutBound(string query, string filler)
    {
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await context.Response.WriteAsync(query.Length == 0 ? "[" : "");
            for (var i = 0; i < 100_000 && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.WriteAsync(filler);
            }
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First], ("Gemini:MaximumEventBytes", "65536"));

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:streamGenerateContent" + query, Question);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("UNAVAILABLE", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["status"]);
        Assert.Equal(RequestOutcome.UpstreamError, Assert.Single(gateway.Ledger.Facts).Outcome);
    }

    [Fact]
    public async Task Stream_CutBeforeItsUsage_IsEstimatedByItsContent()
    {
        var text = new string('a', 4000);
        var image = new string('A', 40_000);
        var arrived = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, $$$"""{"candidates":[{"content":{"role":"model","parts":[{"text":"{{{text}}}"},{"inlineData":{"mimeType":"image/png","data":"{{{image}}}"}},{"functionCall":{"name":"f","args":{"text":[1]} } }]} }]}""");
            await arrived.Task;
            context.Abort();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", Question);
        arrived.SetResult();
        Assert.Contains("\"error\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOutcome.UpstreamError, true), (fact.Outcome, fact.Estimated));
        Assert.InRange(fact.Tokens!.Completion, 1000, 1020);
        Assert.InRange(fact.Tokens.Prompt, 10, 50);
    }

    [Fact]
    public async Task Refusal_IsToldInGeminisWords_WithoutTheKey()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 400, """
            {"error":{"code":400,"message":"Invalid value at 'generation_config.temperature', key AQ.upstream-key-number-one-0000","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"generation_config.temperature","description":"bad"}]}]}}
            """));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First, Second]);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:generateContent", Question);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.DoesNotContain("upstream-key", text, StringComparison.Ordinal);
        var error = JsonNode.Parse(text)!["error"]!;
        Assert.Equal("INVALID_ARGUMENT", (string?)error["status"]);
        Assert.Equal("generation_config.temperature", (string?)error["details"]![1]!["fieldViolations"]![0]!["field"]);
        Assert.Single(upstream.Seen);
        Assert.Empty(gateway.Ledger.Failures);
    }

    [Fact]
    public async Task DeadKey_IsNeverTheClientsFault()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 403, """{"error":{"code":403,"message":"Your API key was reported as leaked.","status":"PERMISSION_DENIED"}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        using var response = await PostAsync(gateway, "/v1beta/models/gemini-2.5-flash:generateContent", Question);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("UNAVAILABLE", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["status"]);
        Assert.Single(gateway.Ledger.Failures);
    }

    [Theory]
    [InlineData("/v1beta/models/gemini-2.5-flash:predict", Question, 404, "NOT_FOUND")]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent?alt=proto", Question, 400, "INVALID_ARGUMENT")]
    [InlineData("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&alt=json", Question, 400, "INVALID_ARGUMENT")]
    [InlineData("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&$alt=sse", Question, 400, "INVALID_ARGUMENT")]
    [InlineData("/v1beta/models/..%2f..%2fsecret:generateContent", Question, 400, "INVALID_ARGUMENT")]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", "[1]", 400, "INVALID_ARGUMENT")]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", "{", 400, "INVALID_ARGUMENT")]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", "", 400, "INVALID_ARGUMENT")]
    public async Task BadRequest_NeverReachesTheUpstream(string path, string body, int status, string word)
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [First]);

        using var response = await PostAsync(gateway, path, body);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;

        Assert.Equal((status, word), ((int)response.StatusCode, (string?)error["status"]));
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOutcome.ClientError, 0), (fact.Outcome, fact.Attempts.Count));
    }

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string path, string body, string place = "x-goog-api-key")
    {
        var client = new HttpClient { BaseAddress = gateway.Address, Timeout = TimeSpan.FromSeconds(20) };
        var request = new HttpRequestMessage(HttpMethod.Post, place == "?key" ? $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}key={gateway.AccessKey}" : path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (place != "?key")
        {
            request.Headers.TryAddWithoutValidation(place, place == "Authorization" ? "Bearer " + gateway.AccessKey : gateway.AccessKey);
        }

        return client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }
}
