using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.Integration.Tests;

/// <summary>From the client's request to the view.</summary>
public sealed class RoadOfTheDataTests(GatewayFixture gateway)
{
    private static readonly TimeSpan Shown = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Requests_AreInTheOverviewWithinFiveSeconds_ExactlyOnceWithTheSimulatorsTokens()
    {
        var before = await SettledAsync();
        var ledger = await gateway.Simulator.SummaryAsync();
        for (var i = 0; i < 5; i++)
        {
            using var response = await gateway.ChatAsync($"request {i} on the road", more: i % 2 == 0 ? "" : ",\"stream\":true");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }

        var watch = Stopwatch.StartNew();
        await Eventually.TrueAsync(async () => (await gateway.OverviewAsync()).Counts.Requests >= before.Counts.Requests + 5, Shown, "five more requests in the overview");
        TestContext.Current.TestOutputHelper?.WriteLine($"Seen after {watch.ElapsedMilliseconds} ms.");

        var after = await SettledAsync();
        var asked = await gateway.Simulator.SummaryAsync();
        Assert.Equal(5, after.Counts.Requests - before.Counts.Requests);
        Assert.Equal(5, after.Counts.Succeeded - before.Counts.Succeeded);
        Assert.Equal(asked.PromptTokens - ledger.PromptTokens, after.Counts.PromptTokens - before.Counts.PromptTokens);
        Assert.Equal(asked.CandidatesTokens - ledger.CandidatesTokens, after.Counts.CompletionTokens - before.Counts.CompletionTokens);
        Assert.Equal(asked.ThoughtsTokens - ledger.ThoughtsTokens, after.Counts.ThoughtTokens - before.Counts.ThoughtTokens);
    }

    [Fact]
    public async Task KeyGoesBad_ClientIsServed_AndTheKeyLeavesThePool()
    {
        // A key that serves: one that was slow at a bad moment may not be chosen again for minutes.
        using var first = await gateway.ChatAsync("who serves first?");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var serving = (await gateway.Simulator.LedgerAsync()).MaxBy(call => call.Sequence)!.Key;
        var victim = (await gateway.Simulator.KeysAsync()).Single(key => key.Value == serving);
        var known = (await gateway.KeysAsync()).Single(key => key.Label == victim.Label);
        await gateway.Simulator.ScriptAsync(new GeminiSimulator.Scripts.Script("key-invalid", Key: victim.Value));
        try
        {
            await Eventually.TrueAsync(async () =>
            {
                using var response = await gateway.ChatAsync("who serves me?");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                return (await gateway.Simulator.SummaryAsync()).ByKey.ContainsKey(victim.Value)
                    && (await KeyAsync(known.Id)).Status == KeyStatus.Invalid;
            }, TimeSpan.FromSeconds(30), "the key invalid in KeyHealthService");

            var asked = (await gateway.Simulator.LedgerAsync()).Max(call => call.Sequence);
            for (var i = 0; i < 40; i++)
            {
                using var response = await gateway.ChatAsync("and now?");
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }

            Assert.DoesNotContain(await gateway.Simulator.LedgerAsync(asked), call => call.Key == victim.Value);
        }
        finally
        {
            await gateway.Simulator.ClearScriptsAsync();
            await gateway.HealAsync(known.Id);
        }
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{"model":"gemini-2.5-flash"}""")]
    [InlineData("""{"model":"gemini-2.5-flash","messages":[]}""")]
    [InlineData("""{"model":"gemini-2.5-flash","messages":[{"role":"nobody","content":"x"}]}""")]
    [InlineData("""{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"x"}],"temperature":9}""")]
    [InlineData("""{"model":"gemini-2.5-flash","input":"a Responses body"}""")]
    public async Task ClientsMistake_Is400InOpenAisShape_AndHarmsNoKey(string body)
    {
        var before = await gateway.KeySummaryAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new("Bearer", gateway.AccessKey);

        using var response = await gateway.Gateway.SendAsync(request, TestContext.Current.CancellationToken);

        var error = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["error"]!;
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_request_error", (string)error["type"]!);
        Assert.NotEmpty((string)error["message"]!);
        Assert.Equal(before.ByStatus.OrderBy(entry => entry.Key), (await gateway.KeySummaryAsync()).ByStatus.OrderBy(entry => entry.Key));
    }

    [Fact]
    public async Task Import_WithALineThatIsNoKey_ReportsItAndTakesTheOthers()
    {
        var result = await gateway.ImportAsync("# two keys\nAIzaSyIntegrationTestKey000000000000001\nnot a key!\nAQ.IntegrationTestKey0000000000000000002\n");
        try
        {
            Assert.Equal((2, 1), (result.Added, result.Rejected));
            var rejected = result.Lines.Where(line => line.Outcome == ImportOutcome.NotAKey).ToList();
            Assert.All(rejected, line => Assert.Equal(3, line.Line));
            Assert.NotEmpty(rejected);
        }
        finally
        {
            foreach (var id in result.Lines.Where(line => line.Outcome == ImportOutcome.Added).Select(line => line.KeyId))
            {
                using var removed = await gateway.KeyHealth.DeleteAsync($"/keys/{id}", TestContext.Current.CancellationToken);
                removed.EnsureSuccessStatusCode();
            }
        }
    }

    [Fact]
    public async Task AccessKey_Disabled_IsRefusedWithinFiveSeconds()
    {
        var created = await gateway.CreateAccessKeyAsync("to be disabled");
        using (var served = await gateway.ChatAsync("hello", created.Key))
        {
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        }

        using var disabled = await gateway.KeyHealth.PostAsync($"/access-keys/{created.AccessKey.Id}/disable", null, TestContext.Current.CancellationToken);
        disabled.EnsureSuccessStatusCode();

        await Eventually.TrueAsync(async () =>
        {
            using var refused = await gateway.ChatAsync("hello?", created.Key);
            return refused.StatusCode == HttpStatusCode.Unauthorized;
        }, TimeSpan.FromSeconds(60), "401 for the disabled access key");
    }

    [Fact]
    public async Task Request_WithoutAccessKey_Is401BeforeTheBodyIsLookedAt()
    {
        using var response = await gateway.Gateway.PostAsync("/v1/chat/completions", new StringContent("{ not json"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("invalid_api_key", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private async Task<KeyView> KeyAsync(Guid id) => (await gateway.KeysAsync()).Single(key => key.Id == id);

    /// <summary>The overview once everything sent so far is in it.</summary>
    private async Task<Overview> SettledAsync()
    {
        await Eventually.TrueAsync(async () => (await gateway.ProxyStatusAsync()).UnsentFacts == 0, TimeSpan.FromSeconds(60), "every fact on the bus");
        long seen = -1;
        await Eventually.TrueAsync(async () =>
        {
            var overview = await gateway.OverviewAsync();
            var same = overview.Counts.Requests == seen && overview.LagSeconds < 0.001;
            seen = overview.Counts.Requests;
            await Task.Delay(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);
            return same;
        }, TimeSpan.FromSeconds(15), "views that stand still");
        return await gateway.OverviewAsync();
    }
}
