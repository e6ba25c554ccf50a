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
}
