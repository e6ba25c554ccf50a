using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.StatsService.Tests;

/// <summary>What keys and access keys did.</summary>
public sealed partial class ServiceTests
{
    [Fact]
    public async Task LastUse_OfWhoWasUsed_IsTheNewestRequestAlsoAfterALateOne()
    {
        var (key, spare, accessKey, never) = (Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7());
        var at = Hour(26);
        await running.Publisher.SendAsync(Facts.Batch(Facts.Fact(at: at.AddMinutes(2), key: key, accessKey: accessKey)));
        await running.Publisher.SendAsync(Facts.Batch(
            Facts.Fact(at: at, key: key, accessKey: accessKey) with { Attempts = [new AttemptFact(key, UpstreamOutcomeClass.Overloaded, 503, 1), new AttemptFact(spare, UpstreamOutcomeClass.Succeeded, 200, 1)] }));
        await SeenAsync(at, 2);

        var holders = await GetAsync($"/stats/last-use?id={accessKey}&id={never}", ContractsJson.Default.LastUsePage);
        var keys = await GetAsync($"/stats/last-use?of=key&id={key}&id={spare}", ContractsJson.Default.LastUsePage);
        var first = await GetAsync("/stats/last-use?of=key&limit=1", ContractsJson.Default.LastUsePage);
        var second = await GetAsync($"/stats/last-use?of=key&limit=1&after={first.Next}", ContractsJson.Default.LastUsePage);

        Assert.Equal([new LastUse(accessKey, at.AddMinutes(2))], holders.Items);
        Assert.Equal([new LastUse(key, at.AddMinutes(2)), new LastUse(spare, at)], keys.Items.OrderByDescending(use => use.At));
        Assert.Null(keys.Next);
        Assert.Equal(first.Next, Assert.Single(first.Items).Id);
        Assert.True(Assert.Single(second.Items).Id.CompareTo(first.Items[0].Id) > 0);
    }

    [Fact]
    public async Task Attempts_Grouped_AreEveryCallAlsoThoseMadeGood()
    {
        var (key, spare) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var at = Hour(28);
        var madeGood = Facts.Fact(at: at, key: spare) with
        {
            Attempts = [new AttemptFact(key, UpstreamOutcomeClass.QuotaPerMinute, 429, 10.4), new AttemptFact(key, UpstreamOutcomeClass.Overloaded, 503, 20), new AttemptFact(spare, UpstreamOutcomeClass.Succeeded, 200, 90)],
        };
        var refused = Facts.Fact(RequestOutcome.ClientError, at.AddMinutes(20), "gemini-2.5-pro", key) with { Attempts = [new AttemptFact(key, UpstreamOutcomeClass.ClientError, 400, 5)] };
        var left = Facts.Fact(RequestOutcome.Aborted, at, key: spare) with { Attempts = [new AttemptFact(spare, UpstreamOutcomeClass.Cancelled, null, 45)] };
        await running.Publisher.SendAsync(Facts.Batch(madeGood, refused, left));
        await SeenAsync(at, 3);

        var classes = await GetAsync(Query("/stats/attempts", at), ContractsJson.Default.AttemptReport);
        var keys = await GetAsync(Query("/stats/attempts", at) + "&groupBy=key", ContractsJson.Default.AttemptReport);
        var models = await GetAsync(Query("/stats/attempts", at) + $"&groupBy=model&bucket=15m&key={key}", ContractsJson.Default.AttemptReport);
        var refusals = await GetAsync(Query("/stats/attempts", at) + "&class=quotaPerMinute&model=gemini-2.5-flash", ContractsJson.Default.AttemptReport);

        Assert.Equal(new AttemptCounts(5, 1, 1, 1, 1, 1, 34), classes.Total);
        Assert.Equal(["Cancelled", "ClientError", "Overloaded", "QuotaPerMinute", "Succeeded"], classes.Rows.Select(row => row.Group));
        Assert.Equal([(key.ToString(), new AttemptCounts(3, 0, 1, 1, 1, 0, 11.7)), (spare.ToString(), new AttemptCounts(2, 1, 0, 0, 0, 1, 67.5))], keys.Rows.Select(row => (row.Group!, row.Counts)));
        Assert.Equal([(at, "gemini-2.5-flash", 2L), (at.AddMinutes(15), "gemini-2.5-pro", 1L)], models.Rows.Select(row => (row.At!.Value, row.Group!, row.Counts.Attempts)));
        Assert.Equal(new AttemptCounts(1, 0, 0, 1, 0, 0, 10), refusals.Total);
    }

    [Fact]
    public async Task Usage_ByOperation_AddsUpAndNarrowsModelsAndOutcomes()
    {
        var at = Hour(30);
        await running.Publisher.SendAsync(Facts.Batch(
            Facts.Fact(at: at),
            Facts.Fact(at: at) with { Operation = RequestOperation.Embedding },
            Facts.Fact(RequestOutcome.UpstreamError, at, "gemini-2.5-pro") with { Operation = RequestOperation.Embedding },
            Facts.Fact(at: at) with { Operation = RequestOperation.NativeGemini }));
        await SeenAsync(at, 4);

        var operations = await GetAsync(Query("/stats/usage", at) + "&groupBy=operation", ContractsJson.Default.Usage);
        var models = await GetAsync(Query("/stats/usage", at) + "&operation=embedding", ContractsJson.Default.Usage);
        var outcomes = await GetAsync(Query("/stats/usage", at) + "&operation=embedding&groupBy=outcome&model=gemini-2.5-pro", ContractsJson.Default.Usage);
        var all = await GetAsync(Query("/stats/usage", at), ContractsJson.Default.Usage);

        Assert.Equal([("Embedding", 2L), ("ChatCompletion", 1L), ("NativeGemini", 1L)], operations.Rows.Select(row => (row.Group!, row.Counts.Requests)));
        Assert.Equal(all.Total, operations.Total);
        Assert.Equal(["gemini-2.5-flash", "gemini-2.5-pro"], models.Rows.Select(row => row.Group).Order());
        Assert.Equal("UpstreamError", Assert.Single(outcomes.Rows).Group);
    }

    [Fact]
    public async Task Usage_OfOneAccessKey_IsItsOwnByModelAndDay()
    {
        var (holder, at) = (Guid.CreateVersion7(), Hour(47));
        await running.Publisher.SendAsync(Facts.Batch(
            Facts.Fact(at: at, accessKey: holder), Facts.Fact(at: at, accessKey: holder, model: "gemini-2.5-pro"), Facts.Fact(at: at.AddHours(2), accessKey: holder), Facts.Fact(at: at)));
        await SeenAsync(at, 3);

        var mine = await GetAsync($"/stats/usage?from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z&bucket=1d&accessKey={holder}", ContractsJson.Default.Usage);

        Assert.Equal(3, mine.Total.Requests);
        Assert.Equal(
            [(2, "gemini-2.5-flash", 1L), (2, "gemini-2.5-pro", 1L), (3, "gemini-2.5-flash", 1L)],
            mine.Rows.Select(row => (row.At!.Value.Day, row.Group!, row.Counts.Requests)));
    }

    [Fact]
    public async Task Failures_NarrowedAndPaged_ListWhatIsMeantOnce()
    {
        var (holder, at) = (Guid.CreateVersion7(), Hour(32));
        var facts = Enumerable.Range(0, 5).Select(n => Facts.Fact(n == 4 ? RequestOutcome.NoKey : RequestOutcome.UpstreamError, at.AddMinutes(n), accessKey: holder)).ToArray();
        await running.Publisher.SendAsync(Facts.Batch(facts));
        await SeenAsync(at, 5);

        var path = $"/stats/failures?accessKey={holder}&outcome=upstreamError&class=upstreamError&model=gemini-2.5-flash&key={Facts.KeyA}&limit=3";
        var first = await GetAsync(path, ContractsJson.Default.FailedRequestArray);
        var second = await GetAsync($"{path}&after={first[^1].Id}", ContractsJson.Default.FailedRequestArray);

        Assert.Equal(facts[..4].Reverse().Select(fact => fact.Id), first.Concat(second).Select(failure => failure.Id));
    }
}
