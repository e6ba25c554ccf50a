using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>Conversations of several requests, and what the gateway keeps between them.</summary>
public sealed class ConversationTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Model = "gemini-3-flash-preview";
    private const string Call = """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{},"id":"call-1"},"thoughtSignature":"the-signature"}],"role":"model"},"finishReason":"STOP"}]}""";
    private const string Text = """{"candidates":[{"content":{"parts":[{"text":"An answer.","thoughtSignature":"the-signature"}],"role":"model"},"finishReason":"STOP"}]}""";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signature_OfACallAClientDropped_GoesBackUpstream(bool streamed)
    {
        await using var upstream = await UpstreamAsync(Call, streamed);
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        await PostAsync(gateway, $$$$"""{"model":"{{{{Model}}}}","stream":{{{{Word(streamed)}}}},"messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"f"}}]}""");
        await PostAsync(gateway, $$$$"""
            {"model":"{{{{Model}}}}","stream":{{{{Word(streamed)}}}},"messages":[{"role":"user","content":"q"},
             {"role":"assistant","content":null,"tool_calls":[{"id":"call-1","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"call-1","content":"1"}],"tools":[{"type":"function","function":{"name":"f"}}]}
            """);

        Assert.Equal("the-signature", (string?)Contents(upstream)[1]!["parts"]![0]!["thoughtSignature"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signature_OfATextAClientDropped_GoesBackUpstream(bool streamed)
    {
        await using var upstream = await UpstreamAsync(Text, streamed);
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        await PostAsync(gateway, $$"""{"model":"{{Model}}","stream":{{Word(streamed)}},"messages":[{"role":"user","content":"q"}]}""");
        await PostAsync(gateway, $$"""{"model":"{{Model}}","stream":{{Word(streamed)}},"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"An answer."},{"role":"user","content":"r"}]}""");

        Assert.Equal("""[{"text":"An answer.","thoughtSignature":"the-signature"}]""", Contents(upstream)[1]!["parts"]!.ToJsonString());
    }

    [Fact]
    public async Task UnknownModel_WithADefaultSet_IsAnsweredByItAndTold()
    {
        await using var upstream = await UpstreamAsync(Text, streamed: false);
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Models:Unknown", "UseDefault"), ("Models:Default", "gemini-2.5-flash"));

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", ChatTests.Json("""{"model":"openai/gpt-4o","messages":[{"role":"user","content":"q"}]}"""), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("gemini-2.5-flash was used", Assert.Single(response.Headers.GetValues("x-gb-warnings")), StringComparison.Ordinal);
        Assert.Equal("/v1beta/models/gemini-2.5-flash:generateContent", Assert.Single(upstream.Seen).Url);
        Assert.Equal("openai/gpt-4o", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["model"]);
    }

    [Fact]
    public async Task G70_CredentialsOfTheClient_StayBehind()
    {
        await using var upstream = await UpstreamAsync(Text, streamed: false);
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = ChatTests.Json("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}""") };
        request.Headers.Add("x-api-key", gateway.AccessKey);
        request.Headers.Add("Cookie", "a=b");
        request.Headers.Add("OpenAI-Organization", "org");

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var seen = Assert.Single(upstream.Seen);
        Assert.Equal(Key, seen.Key);
        Assert.DoesNotContain(seen.Headers.Keys, name => name.ToLowerInvariant() is "authorization" or "x-api-key" or "cookie" or "openai-organization");
        Assert.DoesNotContain("key=", seen.Url, StringComparison.Ordinal);
    }

    private static Task<StubUpstream> UpstreamAsync(string answer, bool streamed) =>
        StubUpstream.StartAsync((context, _) => streamed ? StubUpstream.EventAsync(context, answer) : StubUpstream.JsonAsync(context, 200, answer));

    private static async Task PostAsync(GatewayHost gateway, string json)
    {
        using var response = await gateway.Client.PostAsync("/v1/chat/completions", ChatTests.Json(json), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
    }

    private static JsonArray Contents(StubUpstream upstream) => JsonNode.Parse(upstream.Seen.Last().Body)!["contents"]!.AsArray();

    private static string Word(bool value) => value ? "true" : "false";
}
