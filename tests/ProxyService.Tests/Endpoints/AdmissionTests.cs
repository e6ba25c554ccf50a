using System.Net;
using System.Text;
using System.Text.Json;
using GeminiBalance.ProxyService.Tests.Settings;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class AdmissionTests
{
    private const string Flash = "gemini-2.5-flash";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""";

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

    [Theory]
    [InlineData("Admission:MaximumCalls=1;Models:Aliases:other=gemini-2.5-pro", 0)]
    [InlineData("Admission:MaximumCalls=2", 1)]
    [InlineData("Admission:MaximumCalls=1;Admission:MaximumCallsPerModel=1", 0)]
    public async Task CallsUnderWay_CountAfterAChangeOfSettings(string settings, int more)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await go.Task;
            await StubUpstream.JsonAsync(context, 200, Answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"], ("Admission:MaximumCalls", "1"), ("Admission:MaximumWaiting", "0"));
        var held = new List<Task<HttpResponseMessage>> { SettingStage.ChatAsync(gateway, Flash) };
        await SeenAsync(upstream, 1);

        SettingStage.Take(gateway, settings);
        for (var i = 0; i < more; i++)
        {
            held.Add(SettingStage.ChatAsync(gateway, Flash));
        }

        await SeenAsync(upstream, 1 + more);
        using var refused = await SettingStage.ChatAsync(gateway, Flash);
        go.SetResult();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.All(await Task.WhenAll(held), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        using var after = await SettingStage.ChatAsync(gateway, Flash);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task FallbackModel_ThatIsFull_IsPassedOver()
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync(async (context, seen) =>
        {
            await (seen.Body.Contains("hold", StringComparison.Ordinal) ? go.Task : Task.CompletedTask);
            await (seen.Url.Contains(Flash + ":", StringComparison.Ordinal)
                ? StubUpstream.JsonAsync(context, 503, """{"error":{"code":503,"message":"no","status":"UNAVAILABLE"}}""")
                : StubUpstream.JsonAsync(context, 200, Answer));
        });
        await using var gateway = await GatewayHost.StartAsync(
            upstream.Address,
            ["AQ.upstream-key-number-one-0000"],
            ("Forwarding:MaximumAttempts", "1"),
            ("Admission:MaximumCallsPerModel", "1"),
            ("Admission:MaximumWaiting", "0"),
            ($"Models:Fallbacks:{Flash}", "gemini-2.5-flash-lite,gemini-2.5-pro"));
        var held = SettingStage.ChatAsync(gateway, "gemini-2.5-flash-lite", "", "hold");
        await SeenAsync(upstream, 1);

        using var during = await SettingStage.ChatAsync(gateway, Flash);
        go.SetResult();
        using var first = await held;
        using var after = await SettingStage.ChatAsync(gateway, Flash);

        Assert.All([during, first, after], response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(["flash-lite", "flash", "pro", "flash", "flash-lite"], upstream.Seen.Select(seen => seen.Url.Split("gemini-2.5-")[1].Split(':')[0]));
    }

    private static Task SeenAsync(StubUpstream upstream, int calls) => Eventually.TrueAsync(() => Task.FromResult(upstream.Seen.Count == calls), TimeSpan.FromSeconds(60), "the calls under way");
}
