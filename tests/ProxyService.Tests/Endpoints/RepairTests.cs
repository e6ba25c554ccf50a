using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>What the upstream refuses and the gateway can mend is mended, on the same key, and no key is blamed.</summary>
public sealed class RepairTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";

    [Fact]
    public async Task OptionTheModelRefuses_IsLeftOut_AndRememberedForTheNextRequest()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Body.Contains("temperature", StringComparison.Ordinal)
            ? StubUpstream.JsonAsync(context, 400, Refusal("temperature is not supported for this model"))
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        for (var i = 0; i < 2; i++)
        {
            using var response = await ChatAsync(gateway, """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"temperature":0.5}""");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.NotEmpty(Assert.Single(response.Headers.GetValues("x-gb-warnings")));
        }

        Assert.Equal(3, upstream.Seen.Count);
        Assert.Empty(gateway.Ledger.Failures);
    }

    [Theory]
    [InlineData("CachedContent can not be used with GenerateContent request setting system_instruction, tools or tool_config.", 1)]
    [InlineData("seed is not supported for this model", 1)]
    [InlineData("temperature is not supported for this model", 2)]
    [InlineData("The thinking budget 8192 is invalid. Please choose a value between 128 and 4096.", 2)]
    public async Task RefusalThatIsNotTheOptions_TeachesNothingToOtherRequests(string refusal, int calls)
    {
        // Refused for the word it holds, whatever is left out of it.
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Body.Contains("poison", StringComparison.Ordinal)
            ? StubUpstream.JsonAsync(context, 400, Refusal(refusal))
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        const string Options = "\"temperature\":0.5,\"reasoning_effort\":\"medium\"";

        using var poisoned = await ChatAsync(gateway, $$"""{"model":"gemini-2.5-flash",{{Options}},"messages":[{"role":"system","content":"s"},{"role":"user","content":"poison"}]}""");
        var made = upstream.Seen.Count;
        using var other = await ChatAsync(gateway, $$"""{"model":"gemini-2.5-flash",{{Options}},"seed":7,"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}]}""");

        Assert.Equal((HttpStatusCode.BadRequest, calls), (poisoned.StatusCode, made));
        Assert.Equal((HttpStatusCode.OK, calls + 1), (other.StatusCode, upstream.Seen.Count));
        Assert.All((string[])["temperature", "seed", "systemInstruction", "thinkingBudget"], option => Assert.Contains($"\"{option}\"", upstream.Seen.Last().Body, StringComparison.Ordinal));
        Assert.False(other.Headers.Contains("x-gb-warnings"));
    }

    [Fact]
    public async Task ValueTheModelRefuses_IsLeftOutOfThatRequestOnly()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Body.Contains("\"thinkingBudget\":24576", StringComparison.Ordinal)
            ? StubUpstream.JsonAsync(context, 400, Refusal("The thinking budget 24576 is invalid. Please choose a value between 1 and 8192."))
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var high = await ChatAsync(gateway, """{"model":"gemini-2.5-flash","reasoning_effort":"high","messages":[{"role":"user","content":"q"}]}""");
        using var medium = await ChatAsync(gateway, """{"model":"gemini-2.5-flash","reasoning_effort":"medium","messages":[{"role":"user","content":"q"}]}""");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (high.StatusCode, medium.StatusCode));
        Assert.Equal([true, false, true], upstream.Seen.Select(seen => seen.Body.Contains("thinkingBudget", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task OptionsTheModelRefuses_OneAfterTheOther_AreAllLeftOut()
    {
        (string Field, string Word)[] refused = [("temperature", "temperature"), ("seed", "seed")];
        await using var upstream = await StubUpstream.StartAsync((context, seen) => refused.FirstOrDefault(one => seen.Body.Contains($"\"{one.Field}\"", StringComparison.Ordinal)) is { Word: { } word }
            ? StubUpstream.JsonAsync(context, 400, Refusal($"{word} is not supported for this model"))
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await ChatAsync(gateway, """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"temperature":0.5,"seed":7}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("3", Assert.Single(response.Headers.GetValues("x-gb-attempts")));
        Assert.Empty(gateway.Ledger.Failures);
    }

    [Fact]
    public async Task G20_SignaturesTheUpstreamRefuses_AreReplaced_AndTheKeyIsNotBlamed()
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Body.Contains("stale", StringComparison.Ordinal)
            ? StubUpstream.JsonAsync(context, 400, Refusal("Invalid / Corrupted thought signature"))
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await ChatAsync(gateway, """
            {"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"q"},
              {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"stale"}}}]},
              {"role":"tool","tool_call_id":"c","content":"1"}]}
            """);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("2", Assert.Single(response.Headers.GetValues("x-gb-attempts")));
        Assert.Contains("skip_thought_signature_validator", upstream.Seen.Last().Body, StringComparison.Ordinal);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Single(gateway.Pool.EligibleFor("gemini-3-flash-preview")!.Keys);
    }

    [Fact]
    public async Task RefusalThatCannotBeMended_IsToldWithTheClientsField()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 400, Refusal("Logprobs is not enabled for models/gemini-2.5-flash")));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await ChatAsync(gateway, """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"logprobs":true}""");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("logprobs", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["param"]);
        Assert.Equal(RequestOutcome.ClientError, Assert.Single(gateway.Ledger.Facts).Outcome);
    }

    [Fact]
    public async Task Signature_OfACallTheClientForgot_IsGivenBack()
    {
        const string Call = """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{},"id":"call-of-ours"},"thoughtSignature":"remember-me"}]},"finishReason":"STOP"}]}""";
        await using var upstream = await StubUpstream.StartAsync((context, seen) => StubUpstream.JsonAsync(context, 200, seen.Body.Contains("functionResponse", StringComparison.Ordinal) ? Answer : Call));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var first = await ChatAsync(gateway, """{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f"}}]}""");
        using var second = await ChatAsync(gateway, """
            {"model":"gemini-3-flash-preview","tools":[{"type":"function","function":{"name":"f"}}],"messages":[{"role":"user","content":"q"},
              {"role":"assistant","content":null,"tool_calls":[{"id":"call-of-ours","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call-of-ours","content":"1"}]}
            """);

        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Contains("\"thoughtSignature\":\"remember-me\"", upstream.Seen.Last().Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gemini-2.5-flash-search", "\"googleSearch\":{}")]
    [InlineData("gemini-2.5-flash-nothinking", "\"thinkingBudget\":0")]
    [InlineData("gemini-2.5-flash-search-maxthinking", "\"thinkingBudget\":24576")]
    [InlineData("gpt-4o", "\"thinkingBudget\":2048")]
    public async Task ModelName_AsksForMore(string model, string sent)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Models:Aliases:gpt-4o", "gemini-2.5-flash"), ("Thinking:Mode", "Budget"), ("Thinking:Budget", "2048"), ("PromptInjection:System", "be kind"));

        using var response = await ChatAsync(gateway, $$"""{"model":"{{model}}","messages":[{"role":"user","content":"q"}]}""");

        var seen = Assert.Single(upstream.Seen);
        Assert.Equal("/v1beta/models/gemini-2.5-flash:generateContent", seen.Url);
        Assert.Contains(sent, seen.Body, StringComparison.Ordinal);
        Assert.Contains("be kind", seen.Body, StringComparison.Ordinal);
        Assert.Equal(model, (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["model"]);
        Assert.Equal("gemini-2.5-flash", Assert.Single(gateway.Ledger.Facts).ModelAsked);
    }

    private static Task<HttpResponseMessage> ChatAsync(GatewayHost gateway, string json) =>
        gateway.Client.PostAsync("/v1/chat/completions", new StringContent(json, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

    private static string Refusal(string message) => $$$"""{"error":{"code":400,"message":"{{{message}}}","status":"INVALID_ARGUMENT"}}""";
}
