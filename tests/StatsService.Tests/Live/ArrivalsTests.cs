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

        Task<bool> AnyAsync(UsageScope usage, RequestOperation? operation = null) => arrivals.AnyAsync(new LiveFilter(usage, operation), after, upTo, default);

        Assert.True(await AnyAsync(new(Model: "other", AccessKeyId: Facts.Bob, Outcome: RequestOutcome.NoKey), RequestOperation.Embedding));
        Assert.False(await AnyAsync(new(Model: "gemini-2.5-flash")));
        Assert.False(await AnyAsync(new(AccessKeyId: Facts.Alice)));
        Assert.False(await AnyAsync(new(Outcome: RequestOutcome.Succeeded)));
        Assert.False(await AnyAsync(new(), RequestOperation.ChatCompletion));
        Assert.False(await arrivals.AnyAsync(new LiveFilter(new UsageScope(Model: "other"), null), upTo, upTo, default));
        Assert.True(await arrivals.AnyAsync(new LiveFilter(new UsageScope(Model: "unheard"), null), after, after + Arrivals.MostSearched + 1, default));
    }
}
