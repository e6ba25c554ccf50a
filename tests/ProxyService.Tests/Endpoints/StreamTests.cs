using System.Net;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class StreamTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Other = "AQ.upstream-key-number-two-0000";
    private const string Question = """{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true}}""";
    private const string Quota = """{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}""";

    [Fact]
    public async Task Stream_Recorded_ArrivesInChunksWithUsageAndEndMark()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => ReplayAsync(context, "googleai/streaming-success-basic-reply-short.txt"));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await SendAsync(gateway);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal("text/event-stream; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"stop\"", text, StringComparison.Ordinal);
        Assert.Equal("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", Assert.Single(upstream.Seen).Url);
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOutcome.Succeeded, true), (fact.Outcome, fact.Streamed));
        Assert.NotNull(fact.FirstTokenMs);
        Assert.True(fact.Tokens!.Total > 0);
    }

    [Theory]
    [InlineData("googleai/streaming-failure-prompt-blocked-safety.txt", "content_filter")]
    [InlineData("vertexai/streaming-failure-invalid-json.txt", "bad_upstream_response")]
    [InlineData("vertexai/streaming-failure-malformed-content.txt", "empty_response")]
    [InlineData("vertexai/streaming-failure-http-error.txt", "location_not_supported")]
    public async Task G44_Stream_FailedBeforeContent_IsAStatusNotAStream(string recorded, string code)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => ReplayAsync(context, recorded));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await SendAsync(gateway);
        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;

        Assert.True((int)response.StatusCode >= 400);
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(code, (string?)error["code"]);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Single(gateway.Ledger.Facts);
    }

    [Fact]
    public async Task Stream_QuotaBeforeContent_GoesToTheNextKey()
    {
        await using var upstream = await StubUpstream.StartAsync(async (context, seen) =>
        {
            if (seen.Key == Key)
            {
                await StubUpstream.JsonAsync(context, 429, Quota);
                return;
            }

            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, Other]);

        using var response = await SendAsync(gateway);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"content\":\"ok\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("2", Assert.Single(response.Headers.GetValues("x-gb-attempts")));
        Assert.Equal([UpstreamOutcomeClass.QuotaUnspecified, UpstreamOutcomeClass.Succeeded], Assert.Single(gateway.Ledger.Facts).Attempts.Select(attempt => attempt.Outcome));
    }

    [Fact]
    public async Task G48_Stream_ErrorAfterContent_IsAnEventWithoutFinishOrEndMark()
    {
        var seen = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync((context, _) => ReplayAsync(context, "vertexai/streaming-failure-error-mid-stream.txt", seen.Task));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, Other]);

        using var response = await SendAsync(gateway);
        seen.SetResult();
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("First ", text, StringComparison.Ordinal);
        Assert.Contains("\"error\":{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"", text, StringComparison.Ordinal);
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOutcome.UpstreamError, 200, "upstream_error"), (fact.Outcome, fact.Status, fact.ErrorCode));
        Assert.Single(upstream.Seen);
    }

    [Fact]
    public async Task Stream_ContentAndErrorTogether_TheContentComesFirst()
    {
        var seen = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"one"}]}}]}""");
            await seen.Task;
            await context.Response.WriteAsync(
                """
                data: {"candidates":[{"content":{"parts":[{"text":"two"}]}}]}

                data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}


                """);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, Other]);

        using var response = await SendAsync(gateway);
        seen.SetResult();
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Matches("(?s)one.*two.*\"error\":\\{", text);
        Assert.Single(upstream.Seen);
    }

    [Fact]
    public async Task Stream_ContentAndErrorTogetherAtTheBeginning_AnotherKeyDoesItAll()
    {
        var calls = 0;
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync(
                Interlocked.Increment(ref calls) == 1
                ? """
                  data: {"candidates":[{"content":{"parts":[{"text":"half"}]}}]}

                  data: {"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}


                  """
                : """
                  data: {"candidates":[{"content":{"parts":[{"text":"whole"}]},"finishReason":"STOP"}]}


                  """);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, Other]);

        using var response = await SendAsync(gateway);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("whole", text, StringComparison.Ordinal);
        Assert.DoesNotContain("half", text, StringComparison.Ordinal);
        Assert.Equal(2, calls);
        Assert.Contains("[DONE]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_CutWithinAnEvent_IsNotPassedOffAsWhole()
    {
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"one"}]}}]}""");
            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"tw""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        await AssertBrokenAsync(gateway, "bad_upstream_response");
    }

    [Fact]
    public async Task Stream_OfMoreThanMayBeKept_EndsWithAnError()
    {
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            for (var i = 0; i < 8; i++)
            {
                await StubUpstream.EventAsync(context, $$$"""{"candidates":[{"content":{"parts":[{"text":"{{{new string('a', 1000)}}}"}]}}]}""");
            }

            await StubUpstream.EventAsync(context, """{"candidates":[{"finishReason":"STOP"}]}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Gemini:MaximumKeptBytes", "4096"));

        await AssertBrokenAsync(gateway, "bad_upstream_response");
    }

    [Fact]
    public async Task Failure_NamesTheProjectTheUpstreamNamed()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 403, """{"error":{"code":403,"message":"Consumer has been suspended.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"CONSUMER_SUSPENDED","metadata":{"consumer":"projects/710735018219"}}]}}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await SendAsync(gateway);

        Assert.Equal("projects/710735018219", Assert.Single(gateway.Ledger.Failures).Project);
        Assert.DoesNotContain("710735018219", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task G64_Stream_ClientGone_TheUpstreamIsCancelledAndTokensAreKept()
    {
        var cancelled = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"one"}]}}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1,"totalTokenCount":6}}""");
            using var registration = context.RequestAborted.Register(() => cancelled.TrySetResult());
            await cancelled.Task;
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        using (var response = await SendAsync(gateway))
        {
            using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
            Assert.True(await stream.ReadAsync(new byte[100], TestContext.Current.CancellationToken) > 0);
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Task.FromResult(!gateway.Ledger.Facts.IsEmpty), TimeSpan.FromSeconds(60), "the fact of the request");

        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOutcome.Aborted, 499, 6L), (fact.Outcome, fact.Status, fact.Tokens!.Total));
        Assert.Empty(gateway.Ledger.Failures);
    }

    [Fact]
    public async Task Stream_SilentUpstream_KeepsTheClientWaitingWithComments_AndMayStillChangeTheKey()
    {
        await using var upstream = await StubUpstream.StartAsync(async (context, seen) =>
        {
            if (seen.Key == Key)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(400), context.RequestAborted);
                await StubUpstream.JsonAsync(context, 429, Quota);
                return;
            }

            await StubUpstream.EventAsync(context, """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}]}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key, Other], ("Forwarding:CommitAfterSeconds", "0.1"), ("Forwarding:KeepAliveSeconds", "0.1"));

        using var response = await SendAsync(gateway);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith(": keep-alive\n\n", text, StringComparison.Ordinal);
        Assert.Contains("\"content\":\"ok\"", text, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cut", "upstream_unreachable")]
    [InlineData("stall", "upstream_timeout")]
    public async Task Stream_BrokenAfterContent_IsAnErrorEvent(string behaviour, string code)
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await simulator.Control.ScriptAsync(new(behaviour));
        var key = (await simulator.Control.KeysAsync()).First(key => key.Behaviour is null).Value;
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [key], ("Gemini:IdleTimeoutSeconds", "0.5"));

        using var response = await SendAsync(gateway);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains(code, text, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.Equal((RequestOutcome.UpstreamError, code), (Assert.Single(gateway.Ledger.Facts).Outcome, gateway.Ledger.Facts.First().ErrorCode));
        Assert.Empty(gateway.Ledger.Failures);
    }

    private static async Task AssertBrokenAsync(GatewayHost gateway, string code)
    {
        using var response = await SendAsync(gateway);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.True(text.Contains("\"code\":\"" + code + "\"", StringComparison.Ordinal), text);
        Assert.DoesNotContain("[DONE]", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\"finish_reason\":\"", text, StringComparison.Ordinal);
        Assert.NotEqual(RequestOutcome.Succeeded, Assert.Single(gateway.Ledger.Facts).Outcome);
    }

    private static Task<HttpResponseMessage> SendAsync(GatewayHost gateway) =>
        gateway.Client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = ChatTests.Json(Question) }, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

    /// <summary>Plays a recorded stream; what follows its first event, when a task has ended.</summary>
    private static async Task ReplayAsync(HttpContext context, string recorded, Task? pause = null)
    {
        context.Response.ContentType = "text/event-stream";
        var body = Recorded.Bytes(recorded);
        var half = pause is null ? body.Length : body.AsSpan().IndexOf("}]}\r\n\r\n"u8) is var mark && mark > 0 ? mark + 7 : body.AsSpan().IndexOf("}\n\n"u8) + 3;
        await context.Response.Body.WriteAsync(body.AsMemory(0, half));
        await context.Response.Body.FlushAsync();
        await (pause ?? Task.CompletedTask);
        await context.Response.Body.WriteAsync(body.AsMemory(half));
    }
}
