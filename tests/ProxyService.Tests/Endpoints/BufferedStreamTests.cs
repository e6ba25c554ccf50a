using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary><c>Streaming:Mode=Buffered</c>: nothing of an answer goes out before it is whole, and comments keep the connection open.</summary>
public sealed class BufferedStreamTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Other = "AQ.upstream-key-number-two-0000";
    private const string One = """{"candidates":[{"content":{"parts":[{"text":"one "}]}}]}""";
    private const string Two = """{"candidates":[{"content":{"parts":[{"text":"two"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"totalTokenCount":7}}""";
    private const string OpenAi = "/v1/chat/completions";
    private const string Events = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
    private const string Array = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";

    private static readonly (string, string)[] Buffered = [("Streaming:Mode", "Buffered"), ("Forwarding:CommitAfterSeconds", "0.05"), ("Forwarding:KeepAliveSeconds", "0.05")];

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Events)]
    [InlineData(Array)]
    public async Task Stream_IsHeldBackUntilItIsWhole_AndKeptOpenMeanwhile(string path)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync((context, _) => WriteAsync(context, path, go.Task, One, Two));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], Buffered);
        try
        {
            using var response = await SendAsync(gateway, path);
            var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            var beat = path == Array ? "\n" : ": keep-alive\n\n";
            var meanwhile = new byte[3 * beat.Length];
            await stream.ReadExactlyAsync(meanwhile, TestContext.Current.CancellationToken);
            Assert.Equal(beat + beat + beat, Encoding.UTF8.GetString(meanwhile));

            go.SetResult();
            using var rest = new StreamReader(stream);
            var text = (await rest.ReadToEndAsync(TestContext.Current.CancellationToken)).Replace(": keep-alive\n\n", "", StringComparison.Ordinal);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("one two", TextOf(path, text));
            var fact = Assert.Single(gateway.Ledger.Facts);
            Assert.Equal((RequestOutcome.Succeeded, 7L), (fact.Outcome, fact.Tokens!.Total));
            Assert.NotNull(fact.FirstTokenMs);
        }
        finally
        {
            go.TrySetResult();
        }
    }

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Events)]
    [InlineData(Array)]
    public async Task Failure_InTheMiddle_GoesToTheNextKey_AndIsNeverSeen(string path)
    {
        await using var upstream = await StubUpstream.StartAsync((context, seen) =>
            WriteAsync(context, path, Task.CompletedTask, One, seen.Key == Key ? """{"error":{"code":500,"message":"no","status":"INTERNAL"}}""" : Two));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, Other], ("Streaming:Mode", "Buffered"));

        for (var i = 0; i < 2; i++)
        {
            using var response = await SendAsync(gateway, path);

            Assert.Equal("one two", TextOf(path, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        }

        Assert.All(gateway.Ledger.Facts, fact => Assert.Equal(RequestOutcome.Succeeded, fact.Outcome));
        Assert.Contains(upstream.Seen, seen => seen.Key == Key);
    }

    [Theory]
    [InlineData(OpenAi)]
    [InlineData(Events)]
    [InlineData(Array)]
    public async Task Failure_OfAllKeys_AfterTheStreamWasKeptOpen_IsAReadableError(string path)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync((context, _) => WriteAsync(context, path, go.Task, One, """{"error":{"code":500,"message":"no","status":"INTERNAL"}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], [.. Buffered, ("Forwarding:MaximumAttempts", "1")]);
        try
        {
            using var response = await SendAsync(gateway, path);
            go.SetResult();
            var text = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Replace(": keep-alive\n\n", "", StringComparison.Ordinal);

            Assert.DoesNotContain("one", text, StringComparison.Ordinal);
            var error = path == Array ? JsonNode.Parse(text)![0]! : JsonNode.Parse(text.Split("data: ", StringSplitOptions.RemoveEmptyEntries).Single())!;
            Assert.NotNull(error["error"]);
            Assert.Equal(RequestOutcome.UpstreamError, Assert.Single(gateway.Ledger.Facts).Outcome);
        }
        finally
        {
            go.TrySetResult();
        }
    }

    [Fact]
    public async Task Client_ThatLeaves_EndsTheUpstreamsStream()
    {
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, One);
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            left.SetResult();
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], Buffered);

        (await SendAsync(gateway, Events)).Dispose();

        await left.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Task.FromResult(gateway.Ledger.Facts.Count == 1), TimeSpan.FromSeconds(60), "the fact");
        Assert.Equal(RequestOutcome.Aborted, gateway.Ledger.Facts.Single().Outcome);
    }

    private static async Task WriteAsync(HttpContext context, string path, Task between, string first, string second)
    {
        if (path != Array)
        {
            await StubUpstream.EventAsync(context, first);
            await between;
            await StubUpstream.EventAsync(context, second);
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("[" + first);
        await context.Response.Body.FlushAsync();
        await between;
        await context.Response.WriteAsync(",\n" + second + "]");
    }

    private static string TextOf(string path, string body) => path switch
    {
        Array => string.Concat(JsonNode.Parse(body)!.AsArray().Select(GeminiText)),
        Events => string.Concat(Data(body).Select(data => GeminiText(JsonNode.Parse(data)))),
        _ => string.Concat(Data(body).Where(data => data != "[DONE]").Select(data => JsonNode.Parse(data)!["choices"]!.AsArray()).SelectMany(choices => choices).Select(choice => (string?)choice!["delta"]?["content"])),
    };

    private static IEnumerable<string> Data(string body) => body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..].Trim());

    private static string? GeminiText(JsonNode? answer) => (string?)answer!["candidates"]![0]!["content"]!["parts"]![0]!["text"];

    private static Task<HttpResponseMessage> SendAsync(GatewayHost gateway, string path)
    {
        var body = path == OpenAi ? """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"q"}],"stream":true}""" : """{"contents":[{"parts":[{"text":"q"}]}]}""";
        return gateway.Client.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") }, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }
}
