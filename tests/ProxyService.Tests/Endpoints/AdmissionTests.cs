using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class AdmissionTests
{
    [Fact]
    public async Task Request_ThatCannotBeWrittenDown_IsRefusedWithoutACall()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, "{}"));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"]);
        gateway.Ledger.HasRoom = false;

        using var content = new StringContent("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hello"}]}""", Encoding.UTF8, "application/json");
        using var response = await gateway.Client.PostAsync("/v1/chat/completions", content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(5, response.Headers.RetryAfter?.Delta?.TotalSeconds);
        Assert.Contains("\"code\":\"cannot_record\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(upstream.Seen);
        Assert.Empty(gateway.Ledger.Facts);
    }

    [Theory]
    [InlineData("generateContent")]
    [InlineData("streamGenerateContent?alt=sse")]
    [InlineData("countTokens")]
    public async Task NativeRequest_ThatCannotBeWrittenDown_IsRefusedInGeminisWords(string method)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, "{}"));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"]);
        gateway.Ledger.HasRoom = false;

        using var content = new StringContent("""{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}""", Encoding.UTF8, "application/json");
        using var response = await gateway.Client.PostAsync($"/v1beta/models/gemini-2.5-flash:{method}", content, TestContext.Current.CancellationToken);
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(5, response.Headers.RetryAfter?.Delta?.TotalSeconds);
        Assert.Equal(("UNAVAILABLE", 503), (error.RootElement.GetProperty("error").GetProperty("status").GetString(), error.RootElement.GetProperty("error").GetProperty("code").GetInt32()));
        Assert.Equal("CANNOT_RECORD", error.RootElement.GetProperty("error").GetProperty("details")[0].GetProperty("reason").GetString());
        Assert.Empty(upstream.Seen);
        Assert.Empty(gateway.Ledger.Facts);
    }
}
