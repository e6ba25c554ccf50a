using System.Net;
using System.Text;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Settings;

/// <summary>Settings of what is around a call: its end with the process, what it names by address, what is kept of it.</summary>
internal static partial class SettingStage
{
    /// <summary>A stream that goes on is cut off when the gateway stops; with time to drain it would come to its end.</summary>
    public static async Task EndsWithTheProcessAsync()
    {
        foreach (var (drain, isWhole) in ((int, bool)[])[(0, false), (60, true)])
        {
            var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
            {
                await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"begun "}]}}]}""");
                await go.Task.WaitAsync(context.RequestAborted);
                await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"done"}]},"finishReason":"STOP"}]}""");
            });
            await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
            Take(gateway, $"Forwarding:DrainSeconds={drain}");
            using var response = await StreamAsync(gateway);
            var reading = response.Content.ReadAsStringAsync(Cancel);
            var stopping = gateway.StopAsync(Cancel);
            if (isWhole)
            {
                Assert.NotSame(reading, await Task.WhenAny(reading, Task.Delay(TimeSpan.FromMilliseconds(300), Cancel)));
                go.SetResult();
            }

            Assert.Equal(isWhole, (await reading).EndsWith("data: [DONE]\n\n", StringComparison.Ordinal));
            go.TrySetResult();
            await stopping;
        }
    }

    public static async Task LeavesMediaToGeminiAsync()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        Assert.Equal(HttpStatusCode.BadRequest, await AskAsync());
        Take(gateway, "RemoteMedia:Mode=Passthrough");
        Assert.Equal(HttpStatusCode.OK, await AskAsync());
        Assert.Contains("\"fileUri\":\"http://127.0.0.1/picture.png\"", Assert.Single(upstream.Seen).Body, StringComparison.Ordinal);

        async Task<HttpStatusCode> AskAsync()
        {
            const string body = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://127.0.0.1/picture.png"}}]}]}""";
            using var response = await gateway.Client.PostAsync("/v1/chat/completions", new StringContent(body, Encoding.UTF8, "application/json"), Cancel);
            return response.StatusCode;
        }
    }

    public static async Task ForgetsTheClientsIdAsync()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        gateway.Client.DefaultRequestHeaders.Add("X-Client-Request-Id", "mine-1");

        using var before = await ChatAsync(gateway, Model);
        Take(gateway, "Privacy:ClientRequestIds=false");
        using var during = await ChatAsync(gateway, Model);

        Assert.Equal(["mine-1", null], gateway.Ledger.Facts.Select(fact => fact.ClientRequestId));
    }
}
