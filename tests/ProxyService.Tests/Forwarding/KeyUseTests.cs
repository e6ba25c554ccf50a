using System.Net;
using System.Text;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

/// <summary>What is told of the use of keys: each gets what its own call has cost.</summary>
public sealed class KeyUseTests
{
    private const string First = "AQ.upstream-key-number-one-0000";
    private const string Second = "AQ.upstream-key-number-two-0000";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnswerThatHeldNothing_AndTheOneAfterIt_CostTheirKeysTheirOwnTokens(bool stream)
    {
        var calls = 0;
        await using var upstream = await StubUpstream.StartAsync((context, _) =>
        {
            var answer = Interlocked.Increment(ref calls) == 1
                ? """{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}],"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":50,"totalTokenCount":1050}}"""
                : """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":20,"totalTokenCount":1020}}""";
            return stream ? StubUpstream.EventAsync(context, answer) : StubUpstream.JsonAsync(context, 200, answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First, Second]);

        using var response = await gateway.Client.PostAsync(
            "/v1/chat/completions",
            new StringContent($$"""{"model":"gemini-2.5-flash","stream":{{(stream ? "true" : "false")}},"messages":[{"role":"user","content":"q"}]}""", Encoding.UTF8, "application/json"),
            TestContext.Current.CancellationToken);
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal([(false, 1000L, 50L), (true, 1000L, 20L)], gateway.Ledger.Usage.Select(use => (use.Succeeded, use.InputTokens, use.OutputTokens)));
        Assert.Equal(1020, Assert.Single(gateway.Ledger.Facts).Tokens!.Total);
    }
}
