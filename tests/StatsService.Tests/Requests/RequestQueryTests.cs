using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Requests;

public sealed class RequestQueryTests(ServersFixture servers)
{
    private static readonly TimeRange Day = new(Facts.Noon.AddHours(-2), Facts.Noon.AddHours(2), null);

    [Fact]
    public async Task Page_AfterPage_ListsEveryRequestOfTheRangeOnceNewestFirst()
    {
        await using var service = await InProcess.StartAsync(servers);
        var facts = Enumerable.Range(0, 25).Select(n => Facts.Fact(at: Facts.Noon.AddMinutes(n))).ToArray();
        await service.StoreAsync([.. facts, Facts.Fact(at: Facts.Noon.AddHours(3)), Facts.Fact(at: Facts.Noon.AddHours(-3))]);
        var listed = new List<RequestFact>();
        Guid? after = null;
        do
        {
            var page = (await service.Get<RequestQuery>().PageAsync(new RequestScope(Day, new UsageScope(), null, after), 10, default))!;
            listed.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(facts.Reverse().Select(fact => fact.Id), listed.Select(fact => fact.Id));
    }

    [Fact]
    public async Task Page_Narrowed_HoldsOnlyWhatIsMeant()
    {
        await using var service = await InProcess.StartAsync(servers);
        var retried = Facts.Fact(key: Facts.KeyB) with { Attempts = [new(Facts.KeyA, UpstreamOutcomeClass.Overloaded, 503, 5), new(Facts.KeyB, UpstreamOutcomeClass.Succeeded, 200, 50)] };
        var other = Facts.Fact(RequestOutcome.NoKey, model: "other", accessKey: Facts.Bob, key: Facts.KeyB) with { Operation = RequestOperation.Embedding };
        await service.StoreAsync([retried, other]);

        async Task<Guid[]> IdsAsync(UsageScope usage, int? status = null) =>
            [.. (await service.Get<RequestQuery>().PageAsync(new RequestScope(Day, usage, status, null), 10, default))!.Items.Select(fact => fact.Id)];

        Assert.Equal(2, (await IdsAsync(new())).Length);
        Assert.Equal([retried.Id], await IdsAsync(new(KeyId: Facts.KeyA)));
        Assert.Equal(2, (await IdsAsync(new(KeyId: Facts.KeyB))).Length);
        Assert.Equal([other.Id], await IdsAsync(new(Model: "other")));
        Assert.Equal([other.Id], await IdsAsync(new(AccessKeyId: Facts.Bob)));
        Assert.Equal([retried.Id], await IdsAsync(new(Outcome: RequestOutcome.Succeeded)));
        Assert.Equal([other.Id], await IdsAsync(new(Operation: RequestOperation.Embedding)));
        Assert.Equal([other.Id], await IdsAsync(new(), status: 503));
        Assert.Empty(await IdsAsync(new(Model: "other", KeyId: Facts.KeyA)));
    }

    [Fact]
    public async Task Story_OfARequest_IsItsFactAndTheSamePriceAsInTheSums()
    {
        await using var service = await InProcess.StartAsync(servers);
        var fact = Facts.Fact(model: "gemini-2.5-pro") with { Tokens = new TokenUsage(300_000, 1_000, 500, 100_000, 0, 301_500, PromptAudio: 50, CompletionAudio: 7) };
        await service.StoreAsync([fact]);
        await service.CatchUpAsync();

        var story = (await service.Get<RequestQuery>().StoryAsync(fact.Id, default))!;
        var sums = await service.Get<UsageQuery>().ByGroupAsync(Day, UsageTable.ByKey, UsageGrouping.Model, new(), default);

        Assert.Equal(fact.Id, story.Fact.Id);
        Assert.Equal(0.2 * 2.5 + 0.1 * 0.25 + 0.0015 * 15, story.CostUsd!.Value, 9);
        Assert.Equal(story.CostUsd.Value, Assert.Single(sums!).Counts.CostUsd!.Value, 9);
        Assert.Null(await service.Get<RequestQuery>().StoryAsync(Guid.CreateVersion7(), default));
    }

    [Fact]
    public void FirstIdAt_AMoment_SortsBeforeIdsMadeThenAndAfterEarlierOnes()
    {
        var first = RequestQuery.FirstIdAt(Facts.Noon).ToString();

        Assert.True(string.CompareOrdinal(first, Guid.CreateVersion7(Facts.Noon).ToString()) < 0);
        Assert.True(string.CompareOrdinal(first, Guid.CreateVersion7(Facts.Noon.AddMilliseconds(-1)).ToString()) > 0);
    }
}
