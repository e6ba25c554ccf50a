using GeminiBalance.StatsService.Live;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Live;

public sealed class RequestTailTests(ServersFixture servers)
{
    [Theory]
    [InlineData(5, 5, 5, 0)]
    [InlineData(5, 10_005, 5, 0)]
    [InlineData(5, 10_006, 6, 1)]
    [InlineData(0, 1_000_000, 990_000, 990_000)]
    public void Resume_FromAPosition_LeavesOutWhatIsTooOldAndSaysHowMuch(long position, long upTo, long from, long missed) =>
        Assert.Equal((from, missed), RequestTail.Resume(position, upTo));

    [Fact]
    public async Task Next_MoreThanAPage_GoesOnWhereThePageEndedAndEndsWhereItShould()
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.StoreAsync(Facts.Many(900, seed: 41, Facts.Noon));
        var last = await service.ScalarAsync<long>("select max(seq_id) from stats.mt_events");
        var (tail, scope) = (new RequestTail(service.Source), new UsageScope(AccessKeyId: Facts.Bob));
        var got = new List<TailedRequest>();
        for (var position = 0L; position < last;)
        {
            var (requests, reached) = await tail.NextAsync(scope, position, last, default);
            Assert.InRange(requests.Count, 0, RequestTail.PageSize);
            Assert.True(reached > position);
            position = reached;
            got.AddRange(requests);
        }

        Assert.Equal(await service.ScalarAsync<long>($"select count(*) from stats.mt_events where data->>'accessKeyId' = '{Facts.Bob}'"), got.Count);
        Assert.Equal(got.Select(request => request.Position).Order().Distinct(), got.Select(request => request.Position));
        Assert.All(got, request => Assert.Equal(Facts.Bob, request.Fact.AccessKeyId));
        var (none, end) = await tail.NextAsync(new UsageScope(Model: "unheard"), 0, last, default);
        Assert.Empty(none);
        Assert.Equal(last, end);
    }
}
