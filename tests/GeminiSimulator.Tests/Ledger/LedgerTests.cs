using System.Text;
using GeminiBalance.GeminiSimulator.Scripts;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Ledger;

public sealed class LedgerTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task Ledger_AnsweredCalls_SayExactlyWhatWasSent()
    {
        var unary = await GenerateAsync(Saying("one"));
        var stream = await StreamAsync(Saying("two words"), "gemini-2.5-pro");

        var calls = await Control.LedgerAsync();
        Assert.Equal([1L, 2L], calls.Select(call => call.Sequence));
        var (first, second) = (calls[0], calls[1]);
        Assert.Equal((Key.Value, Key.Project, "gemini-2.5-flash", "generateContent", "ok", 200, false, false), (first.Key, first.Project, first.Model, first.Method, first.Outcome, first.Status, first.Stream, first.Aborted));
        Assert.Equal((int)unary.Usage["promptTokenCount"]!, first.PromptTokens);
        Assert.Equal((int)unary.Usage["candidatesTokenCount"]!, first.CandidatesTokens);
        Assert.Equal((int)unary.Usage["thoughtsTokenCount"]!, first.ThoughtsTokens);
        Assert.Equal(Encoding.UTF8.GetByteCount(unary.Text), first.Bytes);
        Assert.Equal(("gemini-2.5-pro", "streamGenerateContent", true, stream.Events.Count), (second.Model, second.Method, second.Stream, second.Events));
        Assert.Equal(Encoding.UTF8.GetByteCount(stream.Text), second.Bytes);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.Matches("^[0-9a-f]{12}$", first.Fingerprint);
        Assert.Equal(2, Assert.Single(await Control.LedgerAsync(after: 1)).Sequence);
    }

    [Fact]
    public async Task Ledger_CallerHangsUpMidStream_IsAbortedOnceWithTheTokensSent()
    {
        await Control.ScriptAsync(new Script("slow", DelayMs: 0, GapMs: 50));
        using var stop = new CancellationTokenSource();
        using (var response = await Client.SendAsync(Request("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", Saying("[words:2000]").ToJsonString(), Key.Value), HttpCompletionOption.ResponseHeadersRead, stop.Token))
        {
            await using var body = await response.Content.ReadAsStreamAsync(stop.Token);
            Assert.NotEqual(0, await body.ReadAsync(new byte[1000], stop.Token));
        }

        var summary = await Control.SettledAsync(Soon);
        var call = Assert.Single(await Control.LedgerAsync());
        Assert.Equal(("aborted", true, 200), (call.Outcome, call.Aborted, call.Status));
        Assert.InRange(call.Events, 1, 100);
        Assert.True(call.CandidatesTokens > 0);
        Assert.Equal((1, 0), (summary.ByOutcome["aborted"], summary.CandidatesTokens));
    }

    [Fact]
    public async Task Ledger_CallerHangsUpBeforeTheBodyIsSent_IsAborted()
    {
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(Address.Host, Address.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /v1beta/models/gemini-2.5-flash:generateContent HTTP/1.1\r\nHost: x\r\nx-goog-api-key: {Key.Value}\r\nContent-Length: 1000\r\n\r\n{{\"contents\""), TestContext.Current.CancellationToken);
        await TestKit.Eventually.TrueAsync(async () => (await Control.SummaryAsync()).Open == 1, Soon, "the call has arrived");
        socket.Client.Close(0);

        await Control.SettledAsync(Soon);
        Assert.Equal(("aborted", 0), Assert.Single((await Control.LedgerAsync()).Select(call => (call.Outcome, call.Status))));
    }

    [Fact]
    public async Task Ledger_ParallelCalls_CountsEachOnceAndSumsAgree()
    {
        await Control.ScriptAsync(new Script("overloaded", Probability: 0.3));
        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? GenerateAsync(Saying($"call {i}")) : StreamAsync(Saying($"call {i}"))));

        var summary = await Control.SummaryAsync();
        var calls = await Control.LedgerAsync();
        Assert.Equal((40, 0, 0), (summary.Calls, summary.Open, summary.Dropped));
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), calls.Select(call => call.Sequence));
        Assert.Equal(replies.Count(reply => (int)reply.Status == 200), summary.ByOutcome["ok"]);
        Assert.Equal(calls.Where(call => call.Outcome == "ok").Sum(call => call.CandidatesTokens), summary.CandidatesTokens);
        Assert.Equal(calls.Where(call => call.Outcome == "ok").Sum(call => call.PromptTokens), summary.PromptTokens);
        Assert.Equal(40, summary.ByKey[Key.Value]);
        Assert.Equal(40, summary.ByModel["gemini-2.5-flash"]);
    }

    [Fact]
    public async Task Ledger_OverItsCapacity_KeepsTheNewestAndSaysHowManyAreGone()
    {
        for (var i = 0; i < 60; i++)
        {
            await GetAsync("/v1beta/models/gemini-2.5-pro");
        }

        var calls = await Control.LedgerAsync();
        var summary = await Control.SummaryAsync();
        Assert.Equal((60, 10), (summary.Calls, summary.Dropped));
        Assert.Equal(Enumerable.Range(11, 50).Select(i => (long)i), calls.Select(call => call.Sequence));
    }

    [Fact]
    public async Task Reset_CallStillOpen_BelongsToNeitherLedger()
    {
        await Control.ScriptAsync(new Script("stall"));
        using var patience = new CancellationTokenSource();
        var call = Client.SendAsync(Request("/v1beta/models/gemini-2.5-flash:generateContent", Saying("x").ToJsonString(), Key.Value), patience.Token);
        await TestKit.Eventually.TrueAsync(async () => (await Control.SummaryAsync()).Open == 1, Soon, "the call has arrived");
        await Control.ResetAsync();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await GenerateAsync(Saying("after"));

        Assert.Equal("ok", Assert.Single(await Control.LedgerAsync()).Outcome);
        Assert.Equal((1, 0), ((await Control.SummaryAsync()).Calls, (await Control.SummaryAsync()).Open));
    }
}
