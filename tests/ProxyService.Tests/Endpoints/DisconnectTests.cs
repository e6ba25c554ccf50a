using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>A client that leaves stops the upstream, which would go on writing at our cost.</summary>
public sealed class DisconnectTests
{
    private const int Clients = 9;
    private const string Chat = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}]}""";
    private const string ChatStream = """{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"q"}]}""";
    private const string Native = """{"contents":[{"parts":[{"text":"q"}]}]}""";

    [Theory]
    [InlineData("/v1/chat/completions", Chat)]
    [InlineData("/v1/chat/completions", ChatStream)]
    [InlineData("/v1beta/models/gemini-2.5-flash:generateContent", Native)]
    [InlineData("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", Native)]
    [InlineData("/v1beta/models/gemini-2.5-flash:streamGenerateContent", Native)]
    public async Task G64_ClientGone_UpstreamIsCancelledWithinASecond(string path, string body)
    {
        var streams = body == ChatStream || path.Contains("stream", StringComparison.Ordinal);
        var cancelled = new ConcurrentQueue<long>();
        var begun = new SemaphoreSlim(0);
        await using var upstream = await StubUpstream.StartAsync(async (context, seen) =>
        {
            var gone = new TaskCompletionSource();
            using var registration = context.RequestAborted.Register(() =>
            {
                cancelled.Enqueue(Stopwatch.GetTimestamp());
                gone.TrySetResult();
            });
            if (streams)
            {
                await context.Response.WriteAsync(seen.Url.Contains("alt=sse", StringComparison.Ordinal) ? "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\r\n\r\n" : "[{\"candidates\":[]}\r\n");
                await context.Response.Body.FlushAsync();
            }

            begun.Release();
            await gone.Task;
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, ["AQ.upstream-key-number-one-0000"]);
        var waits = new List<TimeSpan>();
        for (var i = 0; i < Clients; i++)
        {
            using var leave = new CancellationTokenSource();
            var answer = AskAsync(gateway, path, body, leave.Token);
            Assert.True(await begun.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
            var left = Stopwatch.GetTimestamp();
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => answer);
            await Eventually.TrueAsync(() => Task.FromResult(cancelled.Count == i + 1), TimeSpan.FromSeconds(60), "the end of the upstream call");
            waits.Add(Stopwatch.GetElapsedTime(left, cancelled.Last()));
        }

        // All but one: a machine busy with other tests may hold up any single one.
        waits.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine("From {0:0} to {1:0} ms, last but one {2:0} ms", waits[0].TotalMilliseconds, waits[^1].TotalMilliseconds, waits[^2].TotalMilliseconds);
        Assert.InRange(waits[^2], TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => Task.FromResult(gateway.Ledger.Facts.Count == Clients), TimeSpan.FromSeconds(60), "the facts");
        Assert.All(gateway.Ledger.Facts, fact => Assert.Equal((RequestOutcome.Aborted, 499), (fact.Outcome, fact.Status)));
        Assert.Empty(gateway.Ledger.Failures);
    }

    private static async Task AskAsync(GatewayHost gateway, string path, string body, CancellationToken leave)
    {
        // A client that still waits for the rest has not left.
        using var client = new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = gateway.Address };
        client.DefaultRequestHeaders.Authorization = gateway.Client.DefaultRequestHeaders.Authorization;
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content, leave);
        await response.Content.ReadAsByteArrayAsync(leave);
    }
}
