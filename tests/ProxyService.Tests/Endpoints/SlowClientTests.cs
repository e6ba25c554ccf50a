using System.Net;
using System.Net.Sockets;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>A client that takes long for what it got is not the upstream's fault.</summary>
public sealed class SlowClientTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";

    /// <summary>More than the sockets between can hold.</summary>
    private const int LargeBytes = 24 * 1024 * 1024;

    [Theory]
    [InlineData("/v1/chat/completions", """{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"q"}]}""", "data: [DONE]\n\n")]
    [InlineData("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", """{"contents":[{"parts":[{"text":"q"}]}]}""", "\"finishReason\":\"STOP\"}]}")]
    public async Task Stream_ToAClientSlowerThanTheUpstreamMayBeSilent_ComesToItsEnd(string path, string body, string end)
    {
        var large = new string('a', LargeBytes);
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, $$$"""{"candidates":[{"content":{"parts":[{"text":"{{{large}}}"}]}}]}""");
            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"end"}]},"finishReason":"STOP"}]}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Gemini:IdleTimeoutSeconds", "2"));
        using var client = new TcpClient { ReceiveBufferSize = 8192 };
        await client.ConnectAsync(IPAddress.Loopback, gateway.Address.Port, TestContext.Current.CancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer {gateway.AccessKey}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Task.FromResult(client.Available > 0), TimeSpan.FromSeconds(60), "the beginning of the answer");

        // Longer than the upstream may be silent, while it has sent all it has.
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.True(text.Length > LargeBytes, text[..Math.Min(text.Length, 1000)]);
        Assert.Contains(end, text[^2000..], StringComparison.Ordinal);
        Assert.DoesNotContain("\"error\"", text[^2000..], StringComparison.Ordinal);
        Assert.Equal(RequestOutcome.Succeeded, Assert.Single(gateway.Ledger.Facts).Outcome);
        Assert.Empty(gateway.Ledger.Failures);
    }
}
