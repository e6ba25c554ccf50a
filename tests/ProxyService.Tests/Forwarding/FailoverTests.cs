using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator;
using GeminiBalance.GeminiSimulator.Keys;
using GeminiBalance.GeminiSimulator.Ledger;
using GeminiBalance.GeminiSimulator.Quotas;
using GeminiBalance.GeminiSimulator.Scripts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

/// <summary>What clients notice of failing keys, quotas and upstreams; the simulator's ledger is the judge.</summary>
public sealed class FailoverTests
{
    private const string Model = "gemini-2.5-flash";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task FiftyKeysInTenProjects_AfterADailyRefusal_NoCallGoesToTheProjectUntilTheDayEnds()
    {
        var clock = new ShiftedClock();
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:Keys=0");
        await using var gateway = await StartAsync(simulator, projects: 10, keysEach: 5, clock);
        await simulator.Control.QuotaAsync("*", Model, new QuotaLimits(null, null, 4));

        var first = await AskAsync(gateway, 60);

        Assert.Equal(40, first.Count(status => status == HttpStatusCode.OK));
        var calls = await simulator.Control.LedgerAsync();
        AssertNoneAfterRefusal(calls);
        Assert.Equal(10, calls.Count(call => call.Status == 429));
        using var dry = await gateway.Client.PostAsync("/v1/chat/completions", Chat("more"), TestContext.Current.CancellationToken);
        var error = JsonNode.Parse(await dry.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;
        Assert.Equal((HttpStatusCode.TooManyRequests, "insufficient_quota", "false"), (dry.StatusCode, (string)error["code"]!, dry.Headers.GetValues("x-should-retry").Single()));
        Assert.Contains($"'{Model}'", (string)error["message"]!, StringComparison.Ordinal);
        Assert.Contains("50 keys out of quota for the day", (string)error["message"]!, StringComparison.Ordinal);
        Assert.Equal(calls.Count, (await simulator.Control.LedgerAsync()).Count);

        // The wait it names is true: a second before it nothing is asked, after it (and the jitter of minutes within it) all is well.
        var wait = dry.Headers.RetryAfter!.Delta!.Value;
        clock.Shift = wait - TimeSpan.FromSeconds(5);
        await simulator.Control.ShiftClockAsync(clock.Shift);
        Assert.Equal([HttpStatusCode.TooManyRequests], await AskAsync(gateway, 1));
        clock.Shift = wait + TimeSpan.FromMinutes(6);
        await simulator.Control.ShiftClockAsync(clock.Shift);
        Assert.All(await AskAsync(gateway, 20), status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Fact]
    public async Task FiftyKeysInTenProjects_AfterAMinutesRefusal_NoCallGoesToTheProjectBeforeItsDelay()
    {
        var clock = new ShiftedClock();
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:Keys=0");
        await using var gateway = await StartAsync(simulator, projects: 10, keysEach: 5, clock);

        // The first five seconds of a minute: what follows lies within it.
        clock.Shift = TimeSpan.FromSeconds(65 - DateTimeOffset.UtcNow.Second);
        await simulator.Control.ShiftClockAsync(clock.Shift);
        await simulator.Control.QuotaAsync("*", Model, new QuotaLimits(2, null, null));

        var answers = await AskAsync(gateway, 40);

        Assert.Equal(20, answers.Count(status => status == HttpStatusCode.OK));
        AssertNoneAfterRefusal(await simulator.Control.LedgerAsync());
        using var dry = await gateway.Client.PostAsync("/v1/chat/completions", Chat("more"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.TooManyRequests, dry.StatusCode);
        Assert.InRange(dry.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));

        clock.Shift += TimeSpan.FromSeconds(62);
        await simulator.Control.ShiftClockAsync(clock.Shift);
        Assert.Equal([HttpStatusCode.OK], await AskAsync(gateway, 1));
    }

    [Fact]
    public async Task StormOfUnnamedRefusals_RestsNobodyForLong_AndIsOverSecondsAfterItEnds()
    {
        var clock = new ShiftedClock();
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:Keys=0");
        await using var gateway = await StartAsync(simulator, projects: 10, keysEach: 1, clock);
        await simulator.Control.ScriptAsync(new Script("quota-bare"));

        await AskAsync(gateway, 20);
        await simulator.Control.ClearScriptsAsync();
        clock.Shift = TimeSpan.FromSeconds(5);

        Assert.All(await AskAsync(gateway, 20), status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(10, gateway.Pool.EligibleFor(Model)!.Count);
    }

    [Fact]
    public async Task EmptyRepliesAndCuts_AreHardlyNoticed_NothingIsSaidTwice_AndLittleIsAskedMore()
    {
        const int Requests = 2000;
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:Keys=0");
        await using var gateway = await StartAsync(simulator, projects: 10, keysEach: 2, TimeProvider.System);
        // A gateway in use: the budget for calls of its own comes from the requests of the last seconds.
        await AskAsync(gateway, 300, parallel: 32);
        await simulator.Control.ResetAsync();
        await simulator.Control.ScriptAsync(new Script("empty", Probability: 0.10));
        await simulator.Control.ScriptAsync(new Script("cut", Probability: 0.05, AfterEvents: 0));
        var failed = 0;
        var doubled = new ConcurrentBag<string>();

        await Parallel.ForEachAsync(Enumerable.Range(0, Requests), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = TestContext.Current.CancellationToken }, async (i, cancellation) =>
        {
            using var response = await gateway.Client.PostAsync("/v1/chat/completions", Chat($"Question {i}", stream: true), cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            if (response.StatusCode != HttpStatusCode.OK || !text.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref failed);
                return;
            }

            if (text.Split("\"role\":\"assistant\"").Length != 2 || text.Split("\"finish_reason\":\"stop\"").Length != 2)
            {
                doubled.Add(text);
            }
        });

        var calls = (await simulator.Control.SettledAsync(Patience)).Calls;
        Assert.Empty(doubled);
        var lost = string.Join("; ", gateway.Ledger.Facts.Where(fact => fact.Outcome != RequestOutcome.Succeeded).Select(fact => $"{fact.ErrorCode} after {string.Join(',', fact.Attempts.Select(attempt => attempt.Outcome))}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{failed} of {Requests} failed, {calls} calls");
        Assert.True(failed < Requests / 100.0, $"{failed} of {Requests} failed, {calls} calls: {lost}");
        Assert.True(calls <= Requests * 1.2, $"{calls} calls for {Requests} requests");
        Assert.True(calls > Requests, "nothing was injected");
        Assert.Empty(gateway.Ledger.Failures);
    }

    [Fact]
    public async Task Outage_CostsTheUpstreamLittleMoreThanTheClientsAsk()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:Keys=0");
        await using var gateway = await StartAsync(simulator, projects: 4, keysEach: 1, TimeProvider.System);
        await simulator.Control.ScriptAsync(new Script("overloaded"));

        var answers = await AskAsync(gateway, 60, parallel: 10);

        Assert.All(answers, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        Assert.All(gateway.Ledger.Facts.Where(fact => fact.Attempts.Count > 0), fact => Assert.Equal("model_overloaded", fact.ErrorCode));
        var calls = (await simulator.Control.SettledAsync(Patience)).Calls;
        Assert.True(calls <= 60 * 1.2, $"{calls} calls for 60 requests");
        Assert.Equal(4, gateway.Pool.EligibleFor(Model)!.Count);
        Assert.Empty(gateway.Ledger.Failures);
    }

    [Fact]
    public async Task FallbackModel_AnswersInPlaceOfOneThatCannot_AndTheClientIsTold()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:Keys=0");
        await using var gateway = await StartAsync(simulator, projects: 2, keysEach: 1, TimeProvider.System, ("Models:Fallbacks:gemini-2.5-pro", "gemini-2.5-flash, gemini-2.5-flash-lite"));
        await simulator.Control.ScriptAsync(new Script("overloaded", Model: "gemini-2.5-pro"));
        await simulator.Control.QuotaAsync("*", "gemini-2.5-flash", new QuotaLimits(null, null, 0));

        foreach (var path in (string[])["/v1/chat/completions", "/v1beta/models/gemini-2.5-pro:generateContent"])
        {
            using var content = path.StartsWith("/v1/", StringComparison.Ordinal) ? Chat("hello", "gemini-2.5-pro") : Json("""{"contents":[{"role":"user","parts":[{"text":"hello"}]}]}""");
            using var response = await gateway.Client.PostAsync(path, content, TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("gemini-2.5-flash-lite was used", response.Headers.GetValues("x-gb-warnings").Single(), StringComparison.Ordinal);
        }

        Assert.All(gateway.Ledger.Facts, fact => Assert.Equal(("gemini-2.5-pro", "gemini-2.5-flash-lite", RequestOutcome.Succeeded), (fact.ModelAsked, fact.ModelServed, fact.Outcome)));
    }

    [Fact]
    public async Task FallbackModel_DoesNotAnswerWhatIsWrongWithARequest()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:Keys=0");
        await using var gateway = await StartAsync(simulator, projects: 1, keysEach: 1, TimeProvider.System, ("Models:Fallbacks:gemini-2.5-pro", "gemini-2.5-flash"));
        await simulator.Control.ScriptAsync(new Script("blocked", Model: "gemini-2.5-pro"));

        using var response = await gateway.Client.PostAsync("/v1/chat/completions", Chat("hello", "gemini-2.5-pro"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(1, (await simulator.Control.SettledAsync(Patience)).Calls);
    }

    private static async Task<GatewayHost> StartAsync(GeminiSimulatorHost simulator, int projects, int keysEach, TimeProvider clock, params (string, string)[] settings)
    {
        var keys = Enumerable.Range(0, projects * keysEach).Select(i => (Key: $"AQ.failover-key-number-{i:0000}-0000000000", Project: $"p{i % projects}")).ToList();
        foreach (var (key, project) in keys)
        {
            await simulator.Control.PutKeyAsync(new SimulatedKey(key, key, project, null));
        }

        var gateway = await GatewayHost.StartAsync(simulator.Address, [], clock, [("Balancing:Strategy", "adaptive"), .. settings]);
        gateway.UseKeys(keys.Select(key => (key.Key, (string?)key.Project)));
        return gateway;
    }

    private static async Task<List<HttpStatusCode>> AskAsync(GatewayHost gateway, int count, int parallel = 1)
    {
        var answers = new ConcurrentBag<HttpStatusCode>();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = TestContext.Current.CancellationToken }, async (i, cancellation) =>
        {
            using var response = await gateway.Client.PostAsync("/v1/chat/completions", Chat($"Question {i}"), cancellation);
            answers.Add(response.StatusCode);
        });
        return [.. answers];
    }

    private static void AssertNoneAfterRefusal(IReadOnlyList<Call> calls)
    {
        foreach (var project in calls.GroupBy(call => call.Project))
        {
            var inOrder = project.OrderBy(call => call.Sequence).ToList();
            var refused = inOrder.FindIndex(call => call.Status == 429);
            Assert.True(refused < 0 || refused == inOrder.Count - 1, $"{project.Key} was asked {inOrder.Count - 1 - refused} times after its refusal");
        }
    }

    private static StringContent Chat(string text, string model = Model, bool stream = false) =>
        Json($$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}],"stream":{{(stream ? "true" : "false")}}}""");

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
