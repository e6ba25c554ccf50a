using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.GeminiSimulator;
using GeminiBalance.ProxyService.Limits;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Limits;

/// <summary>What the holder of an access key notices of its limits, here without Redis: a replica alone keeps them by itself.</summary>
public sealed class AccessKeyLimitTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string Answer = """{"candidates":[{"content":{"parts":[{"text":"ok"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":600,"candidatesTokenCount":400,"totalTokenCount":1000},"modelVersion":"gemini-2.5-flash"}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RequestsPerMinute_AreCountedDown_RefusedInBothDialects_AndComeBack()
    {
        var clock = new ShiftedClock();
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], clock);
        gateway.Limit(new AccessKeyLimits(RequestsPerMinute: 3));

        using var first = await AskAsync(gateway);
        Assert.Equal(("3", "2"), (Head(first, "x-ratelimit-limit-requests"), Head(first, "x-ratelimit-remaining-requests")));
        Assert.Matches("^[0-9.]+m?s$", Head(first, "x-ratelimit-reset-requests"));
        (await AskAsync(gateway)).Dispose();
        (await AskAsync(gateway)).Dispose();
        using var refused = await AskAsync(gateway);
        using var native = await gateway.Client.PostAsync("/v1beta/models/gemini-2.5-flash:generateContent", Json("""{"contents":[{"parts":[{"text":"hi"}]}]}"""), TestContext.Current.CancellationToken);

        var error = JsonNode.Parse(await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;
        Assert.Equal((HttpStatusCode.TooManyRequests, "requests", "rate_limit_exceeded"), (refused.StatusCode, (string)error["type"]!, (string)error["code"]!));
        Assert.Contains("3 requests per minute", (string)error["message"]!, StringComparison.Ordinal);
        Assert.Equal("0", Head(refused, "x-ratelimit-remaining-requests"));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 20);
        Assert.Equal("RESOURCE_EXHAUSTED", (string)JsonNode.Parse(await native.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!["status"]!);
        Assert.Equal(3, upstream.Seen.Count);
        Assert.Equal([RequestOutcome.Limited, RequestOutcome.Limited], gateway.Ledger.Facts.Where(fact => fact.Outcome != RequestOutcome.Succeeded).Select(fact => fact.Outcome));

        clock.Shift = TimeSpan.FromSeconds(20);
        using var again = await AskAsync(gateway);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task Tokens_AreReservedByEstimate_AndSettledByWhatWasUsed()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        gateway.Limit(new AccessKeyLimits(TokensPerMinute: 10_000));

        // Each takes 1000 tokens, though far fewer are reserved.
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            using var response = await AskAsync(gateway);
            answers.Add(response.StatusCode);
        }

        Assert.Equal(10, answers.TakeWhile(status => status == HttpStatusCode.OK).Count());
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
    }

    [Theory]
    [InlineData("tokens-day", "2500 tokens per day")]
    [InlineData("tokens-month", "2500 tokens per month")]
    [InlineData("cost-day", "0.0025 US dollars per day")]
    [InlineData("cost-month", "0.0025 US dollars per month")]
    [InlineData("requests-day", "3 requests per day")]
    public async Task Budgets_AreKept_ByWhatWasReallyUsed(string budget, string said)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, Answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        gateway.Costs.Use([new ModelPrice("gemini-2.5-flash", [new PricePeriod(null, null, new PriceRates(1, 1))], true)]);
        gateway.Limit(budget switch
        {
            "tokens-day" => new AccessKeyLimits(TokensPerDay: 2500),
            "tokens-month" => new AccessKeyLimits(TokensPerMonth: 2500),
            "cost-day" => new AccessKeyLimits(CostPerDay: 0.0025m),
            "cost-month" => new AccessKeyLimits(CostPerMonth: 0.0025m),
            _ => new AccessKeyLimits(RequestsPerDay: 3),
        });

        // Three requests of 1000 tokens, a thousandth of a dollar each, reach 2500; the fourth is refused.
        for (var i = 0; i < 3; i++)
        {
            using var response = await AskAsync(gateway);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        using var refused = await AskAsync(gateway);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Contains(said, await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.Zero);
    }

    [Fact]
    public async Task Concurrency_IsKept_AndPlacesComeBack_HoweverRequestsEnd()
    {
        var go = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await go.Task;
            await StubUpstream.JsonAsync(context, 400, """{"error":{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT"}}""");
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        gateway.Limit(new AccessKeyLimits(Concurrency: 2));

        var under = new[] { AskAsync(gateway), AskAsync(gateway) };
        await Eventually.TrueAsync(() => Task.FromResult(upstream.Seen.Count == 2), Patience, "two requests on their way");
        using var refused = await AskAsync(gateway);
        go.SetResult();
        Array.ForEach(await Task.WhenAll(under), response => response.Dispose());
        using var later = await AskAsync(gateway);

        Assert.Equal((HttpStatusCode.TooManyRequests, HttpStatusCode.BadRequest), (refused.StatusCode, later.StatusCode));
    }

    [Fact]
    public async Task FullGateway_TurnsAwayAtOnce_AndLetsAFewWait()
    {
        var go = new TaskCompletionSource();
        await using var upstream = await StubUpstream.StartAsync(async (context, _) =>
        {
            await go.Task;
            await StubUpstream.JsonAsync(context, 200, Answer);
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key], ("Admission:MaximumCalls", "2"), ("Admission:MaximumWaiting", "1"), ("Admission:LongestWaitMilliseconds", "60000"));

        var under = Enumerable.Range(0, 3).Select(_ => AskAsync(gateway)).ToArray();
        await Eventually.TrueAsync(() => Task.FromResult(upstream.Seen.Count == 2), Patience, "two requests on their way");
        var times = new List<double>();
        while (times.Count < 20)
        {
            var asked = Stopwatch.GetTimestamp();
            using var refused = await AskAsync(gateway);
            if (refused.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                continue;
            }

            times.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            Assert.Equal("1", Head(refused, "Retry-After"));
        }

        times.Sort();
        TestContext.Current.TestOutputHelper?.WriteLine($"turned away in {times[10].ToString("0.00", CultureInfo.InvariantCulture)} ms (median)");
        go.SetResult();
        var answers = await Task.WhenAll(under);
        Assert.All(answers, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Array.ForEach(answers, response => response.Dispose());
        Assert.True(times[10] < 10, $"{times[10]} ms");
    }

    [Theory]
    [InlineData(0, "0ms")]
    [InlineData(120, "120ms")]
    [InlineData(1500, "1.5s")]
    [InlineData(360_000, "6m0s")]
    [InlineData(7_325_000, "2h2m5s")]
    public void Durations_AreWrittenAsOpenAiDoes(double milliseconds, string text) => Assert.Equal(text, LimitErrors.Duration(TimeSpan.FromMilliseconds(milliseconds)));

    private static async Task<HttpResponseMessage> AskAsync(GatewayHost gateway) =>
        await gateway.Client.PostAsync("/v1/chat/completions", Json("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"hello"}]}"""), TestContext.Current.CancellationToken);

    private static string Head(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}
