using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class ChatTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"Hi "},{"text":"there"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2,"totalTokenCount":9,"thoughtsTokenCount":3},"modelVersion":"gemini-2.5-flash-002","responseId":"abc123"}""";
    private const string Question = """{"model":"models/gemini-2.5-flash","messages":[{"role":"user","content":"hello"}],"temperature":0.2}""";

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/chat/completions")]
    [InlineData("/v1/v1/chat/completions")]
    public async Task Chat_Unary_IsAnsweredAndRecordedOnce(string path)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await gateway.Client.PostAsync(path, Json(Question), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(("chatcmpl-abc123", "models/gemini-2.5-flash", "Hi there", "stop"), ((string)answer["id"]!, (string)answer["model"]!, (string)answer["choices"]![0]!["message"]!["content"]!, (string)answer["choices"]![0]!["finish_reason"]!));
        Assert.Equal((4, 5, 9), ((int)answer["usage"]!["prompt_tokens"]!, (int)answer["usage"]!["completion_tokens"]!, (int)answer["usage"]!["total_tokens"]!));
        Assert.Equal("gemini-2.5-flash-002", Assert.Single(response.Headers.GetValues("x-gb-model-version")));
        Assert.Equal("1", Assert.Single(response.Headers.GetValues("x-gb-attempts")));

        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(("POST", "/v1beta/models/gemini-2.5-flash:generateContent", Key), (seen.Method, seen.Url, seen.Key));
        Assert.DoesNotContain("Authorization", seen.Headers.Keys, StringComparer.OrdinalIgnoreCase);
        Assert.DoesNotContain("traceparent", seen.Headers.Keys, StringComparer.OrdinalIgnoreCase);

        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal(fact.Id.ToString(), Assert.Single(response.Headers.GetValues("x-request-id")));
        Assert.Equal((RequestOutcome.Succeeded, 200, "gemini-2.5-flash", "gemini-2.5-flash-002", false), (fact.Outcome, fact.Status, fact.ModelAsked, fact.ModelServed, fact.Streamed));
        Assert.Equal(new TokenUsage(4, 2, 3, 0, 0, 9), fact.Tokens);
        Assert.Equal(new KeyChoice("round_robin", 1, 0), fact.Choice);
        Assert.Equal(UpstreamOutcomeClass.Succeeded, Assert.Single(fact.Attempts).Outcome);
        Assert.NotNull(fact.AccessKeyId);
    }

    [Fact]
    public async Task Chat_FailedKey_IsLeftOutAndTheNextAnswers()
    {
        var dead = Recorded.Text("googleai/unary-failure-api-key.json");
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Key == Key ? StubUpstream.JsonAsync(context, 400, dead) : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, "AQ.upstream-key-number-two-0000"]);

        for (var i = 0; i < 6; i++)
        {
            using var response = await gateway.Client.PostAsync("/v1/chat/completions", Json(Question), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Single(upstream.Seen, seen => seen.Key == Key);
        var failure = Assert.Single(gateway.Ledger.Failures);
        Assert.Equal((UpstreamOutcomeClass.KeyInvalid, 400, "API_KEY_INVALID"), (failure.Outcome, failure.Status, failure.Reason));
        Assert.Equal(6, gateway.Ledger.Facts.Count);
        Assert.Equal(7, gateway.Ledger.Facts.Sum(fact => fact.Attempts.Count));
    }

    [Theory]
    [InlineData(400, """{"error":{"code":400,"message":"Invalid value at 'generation_config.temperature'","status":"INVALID_ARGUMENT"}}""", 400, "invalid_value", 1)]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid AQ.upstream-key-number-one-0000","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}""", 503, "no_available_keys", 2)]
    [InlineData(401, """{"error":{"code":401,"message":"x","status":"UNAUTHENTICATED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ACCESS_TOKEN_TYPE_UNSUPPORTED"}]}}""", 503, "no_available_keys", 2)]
    [InlineData(403, """{"error":{"code":403,"message":"Permission denied: Consumer 'api_key:AQ.upstream-key-number-one-0000' has been suspended.","status":"PERMISSION_DENIED"}}""", 503, "no_available_keys", 2)]
    [InlineData(404, """{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}""", 404, "model_not_found", 1)]
    [InlineData(429, """{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}""", 429, "rate_limit_exceeded", 2)]
    [InlineData(500, """{"error":{"code":500,"message":"AQ.upstream-key-number-one-0000 broke","status":"INTERNAL"}}""", 502, "upstream_error", 3)]
    [InlineData(503, """{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}""", 503, "model_overloaded", 3)]
    [InlineData(200, "<html>Sorry</html>", 502, "bad_upstream_response", 3)]
    [InlineData(200, """{"this":"is foreign"}""", 502, "bad_upstream_response", 3)]
    [InlineData(200, """{"candidates":[{"content":{},"finishReason":"STOP"}]}""", 502, "empty_response", 3)]
    [InlineData(200, """{"promptFeedback":{"blockReason":"SAFETY"}}""", 400, "content_filter", 1)]
    [InlineData(418, "short and stout", 502, "bad_upstream_response", 3)]
    public async Task Chat_UpstreamFails_TheClientGetsOurErrorAndNoSecret(int status, string body, int expected, string code, int calls)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, status, body));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, "AQ.upstream-key-number-two-0000"]);

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", Json(Question), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((expected, code), ((int)response.StatusCode, (string?)JsonNode.Parse(text)!["error"]!["code"]));
        Assert.DoesNotContain("upstream-key", text, StringComparison.Ordinal);
        Assert.Equal(calls, upstream.Seen.Count);
        Assert.Equal(calls > 1, response.Headers.Contains("x-should-retry"));
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((expected, code, calls), (fact.Status, fact.ErrorCode, fact.Attempts.Count));
    }

    [Fact]
    public async Task Chat_AllKeysOutOfQuota_SaysWhenToComeBackWithoutACall()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 429, """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"40s"},{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]}]}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        using var first = await gateway.Client.PostAsync("/v1/chat/completions", Json(Question), TestContext.Current.CancellationToken);

        using var second = await gateway.Client.PostAsync("/v1/chat/completions", Json(Question), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.InRange(second.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 35, 42);
        Assert.Single(upstream.Seen);
        Assert.Equal(RequestOutcome.NoKey, gateway.Ledger.Facts.Last().Outcome);
        Assert.Equal("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", Assert.Single(gateway.Ledger.Failures).QuotaId);
    }

    [Fact]
    public async Task Chat_UpstreamSilent_IsATimeout()
    {
        var release = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync((context, _) => release.Task.WaitAsync(context.RequestAborted));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Gemini:FirstByteTimeoutSeconds", "0.2"));

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", Json(Question), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Equal(UpstreamOutcomeClass.Timeout, Assert.Single(Assert.Single(gateway.Ledger.Facts).Attempts).Outcome);
        release.TrySetResult();
    }

    [Fact]
    public async Task Chat_UpstreamUnreachable_BlamesNoKey()
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [Key]);

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", Json(Question), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Single(gateway.Pool.EligibleFor("gemini-2.5-flash")!.Keys);
    }

    [Fact]
    public async Task Chat_NoSnapshotYet_IsNotReady()
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), null);

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", Json(Question), TestContext.Current.CancellationToken);
        using var health = await gateway.Client.GetAsync("/health", TestContext.Current.CancellationToken);
        using var alive = await gateway.Client.GetAsync("/alive", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (response.StatusCode, health.StatusCode, alive.StatusCode));
        Assert.Empty(gateway.Ledger.Facts);
    }

    [Fact]
    public async Task Chat_AgainstTheSimulator_CountsTheTokensItCounted()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        var keys = (await simulator.Control.KeysAsync()).Where(key => key.Behaviour is null).Select(key => key.Value).ToList();
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, keys);

        for (var i = 0; i < keys.Count; i++)
        {
            using var response = await gateway.Client.PostAsync("/v1/chat/completions", Json($$"""{"model":"gemini-2.5-flash","messages":[{"role":"system","content":"short"},{"role":"user","content":"Question {{i}}"}],"stream":{{(i % 2 == 0 ? "true" : "false")}}}"""), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.NotEmpty(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        var calls = await simulator.Control.LedgerAsync();
        Assert.Equal(keys.Count, calls.Select(call => call.Key).Distinct().Count());
        Assert.Equal(calls.Sum(call => call.PromptTokens), gateway.Ledger.Facts.Sum(fact => fact.Tokens!.Prompt));
        Assert.Equal(calls.Sum(call => call.CandidatesTokens), gateway.Ledger.Facts.Sum(fact => fact.Tokens!.Completion));

        // What KeyHealthService is told of their use.
        Assert.Equal((keys.Count, calls.Sum(call => call.PromptTokens)), (gateway.Ledger.Usage.Count(use => use.Succeeded), gateway.Ledger.Usage.Sum(use => use.InputTokens)));
    }

    internal static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
