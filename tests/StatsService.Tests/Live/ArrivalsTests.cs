using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Live;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Live;

public sealed class ArrivalsTests(ServersFixture servers)
{
    [Fact]
    public async Task Any_OfAFilter_LooksAtEveryFieldAndOnlyBetweenThePositions()
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.StoreAsync([Facts.Fact()]);
        var after = await service.ScalarAsync<long>("select max(seq_id) from stats.mt_events");
        await service.StoreAsync([Facts.Fact(RequestOutcome.NoKey, model: "other", accessKey: Facts.Bob) with { Operation = RequestOperation.Embedding }]);
        var upTo = await service.ScalarAsync<long>("select max(seq_id) from stats.mt_events");
        var arrivals = new Arrivals(service.Source);

        Task<bool> AnyAsync(UsageScope usage) => arrivals.AnyAsync(usage, after, upTo, default);

        Assert.True(await AnyAsync(new(Model: "other", AccessKeyId: Facts.Bob, Outcome: RequestOutcome.NoKey, Operation: RequestOperation.Embedding, KeyId: Facts.KeyA)));
        Assert.False(await AnyAsync(new(Model: "gemini-2.5-flash")));
        Assert.False(await AnyAsync(new(AccessKeyId: Facts.Alice)));
        Assert.False(await AnyAsync(new(Outcome: RequestOutcome.Succeeded)));
        Assert.False(await AnyAsync(new(Operation: RequestOperation.ChatCompletion)));
        Assert.False(await AnyAsync(new(KeyId: Facts.KeyB)));
        Assert.False(await arrivals.AnyAsync(new UsageScope(Model: "other"), upTo, upTo, default));
        Assert.True(await arrivals.AnyAsync(new UsageScope(Model: "unheard"), after, after + Arrivals.MostSearched + 1, default));
    }
}
