using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Tests.Servers;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Ingest;

public sealed class ReplayTests(ServersFixture servers)
{
    [Fact]
    public async Task Parked_AreReadOldestFirst_PageByPage()
    {
        await using var service = await InProcess.StartAsync(servers);
        var parked = service.Get<ParkedFacts>();
        var batch = Facts.Batch([.. Enumerable.Range(0, 5).Select(_ => Facts.Fact())]);
        for (var position = 0; position < 5; position++)
        {
            await parked.ParkAsync(batch, position, $"{position}", default);
        }

        List<string> read = [];
        ParkedFact? last = null;
        while (await parked.OldestAsync(last, 2, default) is { Length: > 0 } page)
        {
            read.AddRange(page.Select(fact => fact.Reason));
            last = page[^1];
        }

        Assert.Equal(["0", "1", "2", "3", "4"], read);
    }

    [Fact]
    public async Task Discard_GivesUpWhatIsParked_AndTheAuditLogSaysHowManyAndWho()
    {
        await using var service = await InProcess.StartAsync(servers);
        var parked = service.Get<ParkedFacts>();
        var batch = Facts.Batch(Facts.Fact(), Facts.Fact());
        await parked.ParkAsync(batch, 0, "a", default);
        await parked.ParkAsync(batch, 1, "b", default);

        Assert.Equal(2, await service.Get<Replay>().DiscardAsync("ada", default));
        Assert.Equal(0, await service.Get<Replay>().DiscardAsync("ada", default));

        Assert.Equal(0, await parked.CountAsync(default));
        var page = await service.Get<AuditQuery>().PageAsync(new AuditScope(AuditArea.Operators, null, null, null, null, null, null), 10, default);
        var change = Assert.Single(page.Entries).Change;
        Assert.Equal(("ada", "2"), (change.Actor, change.Before!["parked"]));
    }
}
