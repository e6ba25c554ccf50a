using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

/// <summary>Conversations stay where their beginning is cached; files are asked for where they lie.</summary>
public sealed partial class AffinityTests
{
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1,"totalTokenCount":6}}""";
    private static readonly string[] Keys = [.. Enumerable.Range(0, 8).Select(n => $"AQ.affinity-key-number-{n}-00000000")];

    [Fact]
    public async Task Conversation_GoesOnWhereItBegan_WhileNewOnesSpread()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, Keys, ("Balancing:Strategy", "adaptive"));

        await SendAsync(gateway, Chat("""{"role":"user","content":"Tell me of Ada"}"""));
        for (var turn = 0; turn < 20; turn++)
        {
            await SendAsync(gateway, Chat($$"""{"role":"user","content":"Tell me of Ada"},{"role":"assistant","content":"ok"},{"role":"user","content":"And then {{turn}}?"}"""));
        }

        Assert.Single(upstream.Seen.Select(seen => seen.Key).Distinct());
        Assert.Equal(20, gateway.Ledger.Facts.Count(fact => fact.Choice!.Strategy == "affinity"));

        for (var other = 0; other < 40; other++)
        {
            await SendAsync(gateway, Chat($$"""{"role":"user","content":"Something else {{other}}"}"""));
        }

        Assert.True(upstream.Seen.Select(seen => seen.Key).Distinct().Count() > 4);
    }

    [Fact]
    public async Task Conversations_AreServedFromTheCache_MeasuredByCachedTokens()
    {
        // As Gemini's implicit cache does: a project that has seen how a conversation began reads that part from its cache.
        var seenBy = new ConcurrentDictionary<(string Key, string Topic), bool>();
        await using var upstream = await StubUpstream.StartAsync((context, seen) =>
        {
            var topic = Topic().Match(seen.Body).Value;
            var cached = seenBy.TryAdd((seen.Key, topic), true) ? 0 : 900;
            return StubUpstream.JsonAsync(context, 200, $$$"""{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1000,"cachedContentTokenCount":{{{cached}}},"candidatesTokenCount":1,"totalTokenCount":1001}}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, Keys, ("Balancing:Strategy", "adaptive"));

        for (var turn = 0; turn < 4; turn++)
        {
            for (var topic = 0; topic < 25; topic++)
            {
                var more = string.Concat(Enumerable.Range(0, turn).Select(n => $$""",{"role":"assistant","content":"ok"},{"role":"user","content":"more {{n}}"}"""));
                await SendAsync(gateway, Chat($$"""{"role":"user","content":"topic-{{topic}}-"}{{more}}"""));
            }
        }

        // Every turn but the first of each; by chance it would be one of eight.
        Assert.Equal(75 * 900, gateway.Ledger.Facts.Sum(fact => fact.Tokens!.Cached));
        Assert.True(upstream.Seen.Select(seen => seen.Key).Distinct().Count() > 4, "new conversations spread");
    }

    [Fact]
    public async Task Conversation_WhosePoolIsOutOfQuota_GoesElsewhere()
    {
        var dry = "";
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Key == dry
            ? StubUpstream.JsonAsync(context, 429, """{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}""")
            : StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, Keys);
        var more = Chat("""{"role":"user","content":"a"},{"role":"assistant","content":"ok"},{"role":"user","content":"b"}""");

        await SendAsync(gateway, more);
        dry = upstream.Seen.Single().Key;
        await SendAsync(gateway, more);
        await SendAsync(gateway, more);

        Assert.Equal([1, 2, 1], gateway.Ledger.Facts.Select(fact => fact.Attempts.Count));
        Assert.Equal(2, upstream.Seen.Count(seen => seen.Key == dry));
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":{"url":"https://generativelanguage.googleapis.com/v1beta/files/abc123"}}]}]}""")]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", """{"contents":[{"role":"user","parts":[{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc123"}}]}]}""")]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", """{"cachedContent":"cachedContents/abc123","contents":[{"role":"user","parts":[{"text":"hi"}]}]}""")]
    public async Task File_IsLookedForInOtherProjects_AndThenAskedForWhereItLies(string path, string body)
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) => seen.Key == Keys[2]
            ? StubUpstream.JsonAsync(context, 200, Answer)
            : StubUpstream.JsonAsync(context, 403, """{"error":{"code":403,"message":"You do not have permission to access the File abc123 or it may not exist.","status":"PERMISSION_DENIED"}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, Keys[..3]);

        foreach (var _ in Enumerable.Range(0, 3))
        {
            await SendAsync(gateway, body, path);
        }

        // Found at the third key, then known. No key is held to not having it.
        Assert.Equal([3, 1, 1], gateway.Ledger.Facts.Select(fact => fact.Attempts.Count));
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Equal(3, gateway.Pool.EligibleFor("gemini-2.5-flash")!.Count);
    }

    [GeneratedRegex("topic-[0-9]+-")]
    private static partial Regex Topic();

    private static string Chat(string messages) => $$"""{"model":"gemini-2.5-flash","messages":[{{messages}}]}""";

    private static async Task SendAsync(GatewayHost gateway, string body, string path = "/v1/chat/completions")
    {
        using var response = await gateway.Client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
