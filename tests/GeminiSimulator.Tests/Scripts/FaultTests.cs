using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Ledger;
using GeminiBalance.GeminiSimulator.Scripts;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Scripts;

public sealed class FaultTests(SharedSimulator shared) : SimulatorTest(shared)
{
    private static readonly JsonObject Long = Saying("[words:40]");

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Cut_Stream_SendsSoManyEventsThenBreaksTheConnection(int events)
    {
        await Control.ScriptAsync(new Script("cut", AfterEvents: events));
        var (text, broken) = await ReadUntilBrokenAsync("streamGenerateContent?alt=sse");

        Assert.True(broken);
        Assert.Equal(events, text.Split("\r\n\r\n").Length - 1);
        var call = await LastAsync();
        Assert.Equal(("cut", events), (call.Outcome, call.Events));
        Assert.Equal(events == 0 ? 0 : (int)JsonNode.Parse(text.Split("\r\n\r\n")[^2]["data: ".Length..])!["usageMetadata"]!["candidatesTokenCount"]!, call.CandidatesTokens);
        Assert.Equal(Encoding.UTF8.GetByteCount(text), call.Bytes);
    }

    [Fact]
    public async Task Cut_LongerThanTheStream_BreaksAtItsEnd()
    {
        await Control.ScriptAsync(new Script("cut", AfterEvents: 1000));
        var (text, broken) = await ReadUntilBrokenAsync("streamGenerateContent?alt=sse");

        Assert.True(broken);
        Assert.Contains("\"finishReason\":\"STOP\"", text, StringComparison.Ordinal);
        Assert.Equal("cut", (await LastAsync()).Outcome);
    }

    [Fact]
    public async Task Cut_Unary_BreaksInTheMiddleAndReportsNoTokens()
    {
        await Control.ScriptAsync(new Script("cut"));
        var (text, broken) = await ReadUntilBrokenAsync("generateContent");

        Assert.True(broken);
        Assert.StartsWith("{", text, StringComparison.Ordinal);
        var call = await LastAsync();
        Assert.Equal(("cut", 0, 0), (call.Outcome, call.PromptTokens, call.CandidatesTokens));
    }

    [Theory]
    [InlineData("generateContent")]
    [InlineData("streamGenerateContent?alt=sse")]
    public async Task Reset_Any_BreaksBeforeAnyByte(string method)
    {
        await Control.ScriptAsync(new Script("reset"));
        var (text, broken) = await ReadUntilBrokenAsync(method);

        Assert.True(broken);
        Assert.Equal("", text);
        var call = await LastAsync();
        Assert.Equal(("cut", 0, 0L), (call.Outcome, call.Status, call.Bytes));
    }

    [Theory]
    [InlineData("generateContent", 0)]
    [InlineData("streamGenerateContent?alt=sse", 2)]
    public async Task Stall_CallerHangsUp_IsOneEntryThatSaysBoth(string method, int events)
    {
        await Control.ScriptAsync(new Script("stall", AfterEvents: 2));
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            using var response = await Client.SendAsync(Request("/v1beta/models/gemini-2.5-flash:" + method, Long.ToJsonString(), Key.Value), patience.Token);
        });

        var summary = await Control.SettledAsync(Soon);
        Assert.Equal(1, summary.Calls);
        var call = await LastAsync();
        Assert.Equal(("stalled", true, events), (call.Outcome, call.Aborted, call.Events));
        Assert.InRange(call.DurationMs, 100, 10_000);
    }

    [Fact]
    public async Task Stall_SimulatorStops_DoesNotHoldItUp()
    {
        var simulator = await TestKit.GeminiSimulatorHost.StartAsync();
        await simulator.Control.ScriptAsync(new Script("stall", AfterEvents: 0));
        var address = new Uri(simulator.Address, "/v1beta/models/gemini-2.5-flash:streamGenerateContent");
        var request = Request(address.ToString(), Long.ToJsonString(), Key.Value);
        var call = Client.SendAsync(request, TestContext.Current.CancellationToken);
        await TestKit.Eventually.TrueAsync(async () => (await simulator.Control.SummaryAsync()).Open == 1, Soon, "the call has arrived");
        var watch = Stopwatch.StartNew();
        await simulator.DisposeAsync();

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1.9), $"It took {watch.Elapsed}.");
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = await call;
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            response.EnsureSuccessStatusCode();
            Assert.Fail("A stalled call was answered.");
        });
    }

    [Fact]
    public async Task Slow_Stream_WaitsBeforeTheFirstAndBetweenEvents()
    {
        await Control.ScriptAsync(new Script("slow", DelayMs: 200, GapMs: 60));
        var watch = Stopwatch.StartNew();
        var events = (await StreamAsync(Saying("take your time"))).Events;

        Assert.True(watch.Elapsed >= TimeSpan.FromMilliseconds(190 + (50 * (events.Count - 1))), $"{events.Count} events took {watch.Elapsed}.");
    }

    [Fact]
    public async Task Malformed_Stream_EndsWithAnEventThatIsNotJson()
    {
        await Control.ScriptAsync(new Script("malformed", AfterEvents: 1));
        var lines = (await StreamAsync(Long)).Text.Split("\r\n\r\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(2, lines.Length);
        Assert.NotNull(JsonNode.Parse(lines[0]["data: ".Length..]));
        Assert.ThrowsAny<JsonException>(() => JsonNode.Parse(lines[1]["data: ".Length..]));
        Assert.Equal("malformed", (await LastAsync()).Outcome);
    }

    [Fact]
    public async Task Malformed_Unary_IsNotJson()
    {
        await Control.ScriptAsync(new Script("malformed"));
        var reply = await GenerateAsync(Long);

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.ThrowsAny<JsonException>(() => reply.Json);
    }

    [Fact]
    public async Task ErrorMidStream_AfterEvents_IsABareJsonObject()
    {
        await Control.ScriptAsync(new Script("error-mid-stream", AfterEvents: 2));
        var lines = (await StreamAsync(Long)).Text.Split("\r\n\r\n");

        Assert.Equal(3, lines.Length);
        Assert.Equal(500, (int)JsonNode.Parse(lines[2])!["error"]!["code"]!);
        Assert.Equal(("error", 200), ((await LastAsync()).Outcome, (await LastAsync()).Status));
    }

    [Fact]
    public async Task Html_Any_Is200WithAPage()
    {
        await Control.ScriptAsync(new Script("html"));
        var reply = await StreamAsync(Long);

        Assert.Equal((HttpStatusCode.OK, "text/html; charset=utf-8"), (reply.Status, reply.ContentType));
        Assert.Equal("error", (await LastAsync()).Outcome);
    }

    [Fact]
    public async Task Empty_Any_HasNoPartsAndStops()
    {
        await Control.ScriptAsync(new Script("empty"));
        var unary = await GenerateAsync(Long);
        var message = Assert.Single((await StreamAsync(Long)).Events);

        Assert.Null(unary.Candidate["content"]!["parts"]);
        Assert.Equal("STOP", (string?)unary.Candidate["finishReason"]);
        Assert.Null(unary.Usage["thoughtsTokenCount"]);
        Assert.Equal(unary.Json.ToJsonString(), message.ToJsonString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Blocked_Any_HasOnlyPromptFeedback(bool stream)
    {
        await Control.ScriptAsync(new Script("blocked"));
        var json = stream ? Assert.Single((await StreamAsync(Long)).Events) : (await GenerateAsync(Long)).Json;

        Assert.Equal("SAFETY", (string?)json["promptFeedback"]!["blockReason"]);
        Assert.Null(json["candidates"]);
        Assert.Equal((int)json["usageMetadata"]!["promptTokenCount"]!, (await LastAsync()).PromptTokens);
    }

    [Theory]
    [InlineData("safety", "SAFETY", true)]
    [InlineData("finish:RECITATION", "RECITATION", true)]
    [InlineData("finish:MALFORMED_FUNCTION_CALL", "MALFORMED_FUNCTION_CALL", false)]
    [InlineData("finish:FAKE_ENUM", "FAKE_ENUM", false)]
    public async Task Finish_Reason_IsSent(string behaviour, string reason, bool text)
    {
        await Control.ScriptAsync(new Script(behaviour));
        var reply = await GenerateAsync(Long);

        Assert.Equal(reason, (string?)reply.Candidate["finishReason"]);
        Assert.Equal(text, reply.Candidate["content"]!["parts"] is not null);
    }

    [Theory]
    [InlineData("unary-success-citations", "generateContent", 200)]
    [InlineData("vertexai/unary-failure-quota-exceeded", "generateContent", 429)]
    [InlineData("googleai/streaming-success-citations", "streamGenerateContent?alt=sse", 200)]
    [InlineData("streaming-failure-http-error", "streamGenerateContent?alt=sse", 400)]
    public async Task Replay_Recording_IsSentByteByByteAndItsTokensCount(string name, string method, int status)
    {
        await Control.ScriptAsync(new Script("replay:" + name));
        var reply = await PostAsync("/v1beta/models/gemini-2.5-flash:" + method, Long.ToJsonString());

        Assert.Equal(status, (int)reply.Status);
        var folder = Path.Combine(AppContext.BaseDirectory, "Fixtures");
        var file = Directory.EnumerateFiles(folder, Path.GetFileName(name) + ".*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First(found => found.Contains(Path.GetDirectoryName(name)!, StringComparison.Ordinal));
        Assert.Equal(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), reply.Text);
        var call = await LastAsync();
        Assert.Equal(status == 200 ? "ok" : "error", call.Outcome);
        var last = reply.Text.LastIndexOf("\"promptTokenCount\":", StringComparison.Ordinal);
        Assert.Equal(last < 0 ? 0 : int.Parse(new string([.. reply.Text[(last + 19)..].SkipWhile(char.IsWhiteSpace).TakeWhile(char.IsDigit)]), System.Globalization.CultureInfo.InvariantCulture), call.PromptTokens);
    }

    private async Task<(string Text, bool Broken)> ReadUntilBrokenAsync(string method)
    {
        using var received = new MemoryStream();
        try
        {
            using var response = await Client.SendAsync(Request("/v1beta/models/gemini-2.5-flash:" + method, Long.ToJsonString(), Key.Value), HttpCompletionOption.ResponseHeadersRead);
            await using var body = await response.Content.ReadAsStreamAsync();
            await body.CopyToAsync(received);
            return (Encoding.UTF8.GetString(received.ToArray()), false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (Encoding.UTF8.GetString(received.ToArray()), true);
        }
    }

    private async Task<Call> LastAsync()
    {
        await Control.SettledAsync(Soon);
        return (await Control.LedgerAsync())[^1];
    }
}
