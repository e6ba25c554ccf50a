using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

/// <summary>Google's own tools have quotas of their own: one that is used up stops requests with tools, and costs no key what it can do without them.</summary>
public sealed class ToolQuotaTests
{
    private const string Free = "AQ.upstream-key-number-one-free";
    private const string Paid = "AQ.upstream-key-number-two-paid";
    private const string Model = "gemini-2.5-flash";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";
    private const string Bare = """{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[]}]}}""";
    private const string Named = """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GroundingRequestsPerDayPerProject","quotaValue":"500"}]}]}}""";
    private const string Plain = $$"""{"model":"{{Model}}","messages":[{"role":"user","content":"q"}]}""";
    private const string Search = $$$"""{"model":"{{{Model}}}","messages":[{"role":"user","content":"q"}],"web_search_options":{}}""";
    private const string NativeSearch = """{"contents":[{"role":"user","parts":[{"text":"q"}]}],"tools":[{"google_search":{}}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", Search, Bare)]
    [InlineData("/v1/chat/completions", Search, Named)]
    [InlineData($"/v1beta/models/{Model}:generateContent", NativeSearch, Bare)]
    public async Task ToolsAreRefused_PlainRequestsAreAnsweredAsBefore(string path, string search, string refusal)
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => Searches(seen) ? StubUpstream.JsonAsync(context, 429, refusal) : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Free, Paid]);

        using var searched = await PostAsync(gateway, path, search);
        var asked = upstream.Seen.Count;
        using var again = await PostAsync(gateway, path, search);
        using var plain = await PostAsync(gateway, "/v1/chat/completions", Plain);

        Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests, HttpStatusCode.OK), (searched.StatusCode, again.StatusCode, plain.StatusCode));
        Assert.Equal((2, 3), (asked, upstream.Seen.Count));
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Equal(2, gateway.Pool.EligibleFor(Model)!.Count);
        Assert.All((HttpResponseMessage[])[searched, again], response => Assert.True(response.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(25)));
        Assert.Contains("own tools, such as its search", await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_IsToldThatItIsTheTools()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 429, Bare));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Free]);

        for (var i = 0; i < 2; i++)
        {
            using var response = await PostAsync(gateway, "/v1/chat/completions", Search);
            var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;
            Assert.Equal((429, "tools", "rate_limit_exceeded"), ((int)response.StatusCode, (string?)error["param"], (string?)error["code"]));
        }

        Assert.Single(upstream.Seen);
        Assert.All(gateway.Ledger.Facts, fact => Assert.Equal(RequestOutcome.NoKey, fact.Outcome));
    }

    [Fact]
    public async Task PoolThatMayNotSearch_IsNotAskedToForAWhile_OneThatMayIs()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => Searches(seen) && seen.Key == Free ? StubUpstream.JsonAsync(context, 429, Bare) : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Free, Paid]);

        for (var i = 0; i < 6; i++)
        {
            using var response = await PostAsync(gateway, "/v1/chat/completions", Search);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Equal((1, 6), (upstream.Seen.Count(seen => seen.Key == Free), upstream.Seen.Count(seen => seen.Key == Paid)));
    }

    [Fact]
    public async Task QuotaOfTheModel_IsCooled_WithToolsTooWhenItIsNamed()
    {
        const string Minute = """{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]}]}}""";
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 429, Minute));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Free]);

        using var response = await PostAsync(gateway, "/v1/chat/completions", Search);

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.Equal(UpstreamOutcomeClass.QuotaPerMinute, Assert.Single(gateway.Ledger.Failures).Outcome);
        Assert.Empty(gateway.Pool.EligibleFor(Model)!.Keys);
    }

    private static bool Searches(SeenRequest seen) => seen.Body.Contains("googleSearch", StringComparison.Ordinal) || seen.Body.Contains("google_search", StringComparison.Ordinal);

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string path, string json) =>
        gateway.Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
}
