using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Npgsql;
using Xunit;

namespace GeminiBalance.StatsService.Tests;

/// <summary>Costs, latencies, the audit log, what is aside.</summary>
public sealed partial class ServiceTests
{
    [Fact]
    public async Task Usage_OfOneOutcomeInAZone_IsCountedByItsDays()
    {
        var midnight = new DateTimeOffset(2026, 2, 20, 18, 15, 0, TimeSpan.Zero);
        await running.Publisher.SendAsync(Facts.Batch(
            Facts.Fact(at: midnight.AddMinutes(-1), model: "gemini-in-nepal"), Facts.Fact(at: midnight, model: "gemini-in-nepal"), Facts.Fact(RequestOutcome.NoKey, midnight, "gemini-in-nepal")));
        await SeenAsync(midnight.AddMinutes(-15), 3);

        var usage = await GetAsync("/stats/usage?from=2026-02-20T00:00:00Z&to=2026-02-21T00:00:00Z&bucket=1d&tz=Asia/Kathmandu&model=gemini-in-nepal&outcome=succeeded", ContractsJson.Default.Usage);

        Assert.Equal(new DateTimeOffset(2026, 2, 19, 18, 15, 0, TimeSpan.Zero), usage.From);
        Assert.Equal(new DateTimeOffset(2026, 2, 21, 18, 15, 0, TimeSpan.Zero), usage.To);
        Assert.Equal([(midnight.AddDays(-1), 1), (midnight, 1)], usage.Rows.Select(row => (row.At!.Value, row.Counts.Requests)));
    }

    [Fact]
    public async Task Costs_OfAModelWithoutAPrice_AreUnknownUntilOneIsSetAndThenOfAllTimes()
    {
        var at = Hour(17);
        await running.Publisher.SendAsync(Facts.Batch(
            Facts.Fact(at: at, model: "gemini-unheard") with { Tokens = new TokenUsage(1_000_000, 100_000, 100_000, 400_000, 0, 1_200_000, PromptAudio: 100_000) },
            Facts.Fact(at: at.AddMinutes(30), model: "gemini-unheard") with { Tokens = new TokenUsage(100_000, 0, 0, 0, 0, 100_000) }));
        await SeenAsync(at, 2);
        var path = Query("/stats/usage", at) + "&model=gemini-unheard";
        var before = (await GetAsync(path, ContractsJson.Default.Usage)).Total;

        using var set = await running.Service.Client.PutAsJsonAsync("/stats/prices/gemini-unheard",
            [new PricePeriod(null, at.AddMinutes(15), new PriceRates(1, 2), new PriceRates(2, 10, 0.5, 4)), new PricePeriod(at.AddMinutes(15), null, new PriceRates(3, 30))], ContractsJson.Default.PricePeriodArray);
        var after = (await GetAsync(path, ContractsJson.Default.Usage)).Total;

        Assert.Equal((null, 1_300_000), (before.CostUsd, before.UnpricedTokens));
        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal((0.5 * 2) + (0.4 * 0.5) + (0.1 * 4) + (0.2 * 10) + (0.1 * 3), after.CostUsd!.Value, 9);
        Assert.Equal(0, after.UnpricedTokens);
        using var reset = await running.Service.Client.DeleteAsync(new Uri("/stats/prices/gemini-unheard", UriKind.Relative));
        Assert.Null((await GetAsync(path, ContractsJson.Default.Usage)).Total.CostUsd);
    }

    [Theory]
    [InlineData("{\"not\":\"a list\"}", "no list")]
    [InlineData("[]", "at least one period")]
    [InlineData("[{\"rates\":{\"input\":1,\"output\":2},\"to\":\"2026-01-02T00:00:00Z\"},{\"rates\":{\"input\":1,\"output\":2},\"from\":\"2026-01-03T00:00:00Z\"}]", "period 2")]
    public async Task Price_ThatIsSpoiltInTheStore_IsNamedAndUnknown_AndAllOthersHold(string stored, string fault)
    {
        var at = Hour(23);
        var model = $"gemini-spoilt-{Guid.CreateVersion7():N}";
        await running.Publisher.SendAsync(Facts.Batch(Facts.Fact(at: at, model: model), Facts.Fact(at: at, model: "gemini-2.5-pro")));
        await Eventually.TrueAsync(async () => (await GetAsync(Query("/stats/usage", at) + "&model=" + model, ContractsJson.Default.Usage)).Total.Requests == 1, TimeSpan.FromSeconds(60), "the request in the views");
        await using var source = NpgsqlDataSource.Create(running.Settings["ConnectionStrings:geminibalance"]);
        await using var spoil = source.CreateCommand("insert into stats.model_prices (model, periods, set_by, set_at) values ($1, $2::jsonb, 'somebody', now())");
        spoil.Parameters.AddWithValue(model);
        spoil.Parameters.AddWithValue(stored);
        await spoil.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var listed = (await GetAsync("/stats/prices", ContractsJson.Default.ModelPriceArray)).Single(price => price.Model == model);
        var known = (await GetAsync(Query("/stats/usage", at) + "&model=gemini-2.5-pro", ContractsJson.Default.Usage)).Total;
        var unknown = (await GetAsync(Query("/stats/usage", at) + "&model=" + model, ContractsJson.Default.Usage)).Total;

        Assert.Contains(fault, listed.Fault, StringComparison.Ordinal);
        Assert.Empty(listed.Periods);
        Assert.True(known.CostUsd > 0);
        Assert.Null(unknown.CostUsd);
        using var reset = await running.Service.Client.DeleteAsync(new Uri("/stats/prices/" + model, UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, reset.StatusCode);
    }

    [Theory]
    [InlineData("[]", "at least one period")]
    [InlineData("7", "JSON array")]
    [InlineData("[{\"rates\":{\"input\":-1,\"output\":0}}]", "period 1")]
    public async Task Prices_ThatMakeNoSense_Are400ThatSaysWhy(string periods, string why)
    {
        using var content = new StringContent(periods, System.Text.Encoding.UTF8, "application/json");
        using var response = await running.Service.Client.PutAsync(new Uri("/stats/prices/gemini-x", UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(why, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Latency_OfABatch_TellsEveryKindByModel()
    {
        var at = Hour(19);
        await running.Publisher.SendAsync(Facts.Batch(Facts.Fact(at: at) with { OverheadMs = 3 }, Facts.Fact(at: at, model: "gemini-2.5-pro") with { Streamed = false, FirstTokenMs = null }));
        await SeenAsync(at, 2);

        var report = await GetAsync(Query("/stats/latency", at), ContractsJson.Default.LatencyReport);

        Assert.Equal((2, 1, 1, 1), (report.Figures.Total!.Count, report.Figures.FirstToken!.Count, report.Figures.Overhead!.Count, report.Figures.TokensPerSecond!.Count));
        Assert.InRange(report.Figures.Overhead.P50, 2.85, 3.15);
        Assert.InRange(report.Figures.TokensPerSecond.P50, 79, 88);
        Assert.Equal(["gemini-2.5-flash", "gemini-2.5-pro"], report.Models.Select(model => model.Model));
        Assert.Equal([1L, 1L], report.Models.Select(model => model.Figures.Total!.Count));
        Assert.Equal(4, report.Buckets.Count);
    }

    [Fact]
    public async Task Replay_OfAParkedFactThatCanBeHeldByNow_CountsIt()
    {
        var at = Hour(21);
        var fact = Facts.Fact(at: at);
        await using var source = NpgsqlDataSource.Create(running.Settings["ConnectionStrings:geminibalance"]);
        await using var command = source.CreateCommand("insert into stats.parked_facts (batch_id, position, proxy, parked_at, reason, fact) values ($1, 0, 'proxy-1', now(), 'A test.', $2)");
        command.Parameters.Add(new() { Value = Guid.CreateVersion7() });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(fact, ContractsJson.Default.RequestFact) });
        await command.ExecuteNonQueryAsync();

        using var response = await running.Service.Client.PostAsync(new Uri("/stats/dead-letters/replay", UriKind.Relative), null);
        var result = (await response.Content.ReadFromJsonAsync(ContractsJson.Default.ReplayResult))!;

        Assert.Equal(1, result.Facts);
        Assert.Equal(1, (await SeenAsync(at, 1)).Counts.Requests);
        Assert.DoesNotContain((await GetAsync("/stats/dead-letters", ContractsJson.Default.DeadLetters)).Facts, parked => parked.Fact?.Id == fact.Id);
    }

    [Fact]
    public async Task Replay_OfAMessageInTheErrorQueue_BringsItBackAndEmptiesTheQueue()
    {
        await running.Publisher.SendAsync(new KeyChanged(Guid.CreateVersion7(), [new DomainChange(Guid.Empty, null, "", "", default, "", "")]));
        const string queue = "stats.domain-changes.v1_error";
        await Eventually.TrueAsync(async () => (await GetAsync("/stats/dead-letters", ContractsJson.Default.DeadLetters)).Queues[queue] == 1, Soon, "the message in the error queue");

        using var response = await running.Service.Client.PostAsync(new Uri("/stats/dead-letters/replay", UriKind.Relative), null);

        Assert.True((await response.Content.ReadFromJsonAsync(ContractsJson.Default.ReplayResult))!.Messages >= 1);

        // It still makes no sense, so it comes back: moved, not lost.
        await Eventually.TrueAsync(async () => (await GetAsync("/stats/dead-letters", ContractsJson.Default.DeadLetters)).Queues[queue] == 1, Soon, "the message back in the error queue");
        await Eventually.TrueAsync(async () => (await LedgerAsync()).GetProperty("data").GetProperty("deadLetters").GetInt64() >= 1, TimeSpan.FromSeconds(60), "the watch sees the message");
    }

    [Fact]
    public async Task Changes_OfTheControlPlane_AreInTheAuditLogAndTheTimelineOfTheirKey()
    {
        var key = Guid.CreateVersion7();
        var cooled = new DomainChange(Guid.CreateVersion7(), key, "AIza…x9Qk", "gb.key.cooled.v1", DateTimeOffset.UtcNow, "proxy-1", "A per-minute quota is used up.");
        await running.Publisher.SendAsync(new KeyChanged(Guid.CreateVersion7(), [cooled]));
        await running.Publisher.SendAsync(new AccessKeyChanged(Guid.CreateVersion7(), [cooled with { Id = Guid.CreateVersion7(), Kind = "gb.access-key.revoked.v1" }]));

        var audit = await Eventually.ValueAsync(async () =>
        {
            var page = await GetAsync($"/stats/audit?subject={key}", ContractsJson.Default.AuditPage);
            return page.Entries.Count == 2 ? page : null;
        }, Soon, "both changes in the log");
        var timeline = await GetAsync($"/stats/keys/{key}/timeline", ContractsJson.Default.AuditPage);

        Assert.Equal([AuditArea.AccessKeys, AuditArea.Keys], audit.Entries.Select(entry => entry.Area).Order().Reverse());
        Assert.Equal(cooled, Assert.Single(timeline.Entries).Change);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("[null]")]
    [InlineData("""[{"proxy":"p","segment":"a11ce000-0000-7000-8000-000000000003","openedAt":"2026-01-01T00:00:00Z","closedAt":"2026-01-01T00:00:00Z","facts":-1,"totalTokens":0}]""")]
    public async Task Segments_ThatMakeNoSense_Are400(string stated)
    {
        using var content = new StringContent(stated, System.Text.Encoding.UTF8, "application/json");
        using var response = await running.Service.Client.PostAsync(new Uri("/internal/segments", UriKind.Relative), content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("segments", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("parameter").GetString());
    }

    [Fact]
    public async Task Segments_AreAnsweredUnderTheStoresName_WhichAMigrationKeepsAndARestoreChanges()
    {
        var first = await NameAsync();
        Assert.Equal(first, await NameAsync());
        await using var source = NpgsqlDataSource.Create(running.Settings["ConnectionStrings:geminibalance"]);
        await using (var migrated = source.CreateCommand(StatsService.Ledger.StoreIdentity.NameSql))
        {
            await migrated.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(first, await NameAsync());
        await using var restored = source.CreateCommand("update stats.store set name = gen_random_uuid()");
        await restored.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(first, await NameAsync());

        async Task<Guid> NameAsync()
        {
            using var response = await running.Service.Client.PostAsJsonAsync("/internal/segments", [], ContractsJson.Default.SegmentClosedArray);
            return Guid.Parse(Assert.Single(response.Headers.GetValues(SegmentClosed.StoreHeader)));
        }
    }

    [Fact]
    public async Task Rebuild_AskedFor_RunsToItsEndAndAnUnknownViewIs400()
    {
        using var started = await running.Service.Client.PostAsync(new Uri("/stats/projections/usage_per_key/rebuild", UriKind.Relative), null);
        using var unknown = await running.Service.Client.PostAsync(new Uri("/stats/projections/moon/rebuild", UriKind.Relative), null);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.BadRequest), (started.StatusCode, unknown.StatusCode));
        await Eventually.TrueAsync(
            async () => (await GetAsync("/stats/projections/rebuilds", ContractsJson.Default.RebuildStatusArray)).Single().State == RebuildState.Succeeded, Soon, "the rebuild's end");
    }

    private async Task<JsonElement> LedgerAsync()
    {
        using var response = await running.Service.Client.GetAsync(new Uri("/health/dependencies", UriKind.Relative));
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("checks").GetProperty("ledger");
    }
}
