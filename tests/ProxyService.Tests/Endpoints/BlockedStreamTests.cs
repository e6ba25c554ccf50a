using System.Net;
using System.Text;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class BlockedStreamTests
{
    [Theory]
    [InlineData("")]
    [InlineData(",\"finishReason\":\"STOP\"")]
    public async Task PromptBlockedAfterContent_EndsAsFiltered(string end)
    {
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, $$$"""{"candidates":[{"content":{"parts":[{"text":"half"}]}{{{end}}}}]}""");
            await StubUpstream.EventAsync(context, """{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7,"totalTokenCount":7}}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"]);

        using var response = await gateway.Client.PostAsync(
            "/v1/chat/completions", new StringContent("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"stream":true}""", Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("half", text, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"content_filter\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"stop\"", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Empty(gateway.Ledger.Failures);
    }
}
