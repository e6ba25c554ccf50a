using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Rebuilding;
using GeminiBalance.StatsService.Retention;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Retention;

public sealed class RetentionTests(ServersFixture servers)
{
    [Fact]
    public async Task Run_OldAndNewBatches_DeletesTheOldOnesKeepsTheirSumsAndTellsIt()
    {
        await using var service = await InProcess.StartAsync(servers);
        var now = DateTimeOffset.UtcNow;
        var old = Facts.Batch([.. Enumerable.Range(0, 30).Select(n => Facts.Fact(at: now.AddDays(-100).AddMinutes(n)))]);
        var young = Facts.Batch([.. Enumerable.Range(0, 20).Select(n => Facts.Fact(at: now.AddDays(-2).AddMinutes(n)))]);
        var unseen = Facts.Batch(Facts.Fact(at: now.AddDays(-95)));
        await service.Facts.StoreAsync(old, default);
        await service.Facts.StoreAsync(young, default);
        await service.Get<AuditStore>().StoreAsync(Guid.CreateVersion7(), AuditArea.Keys, [new DomainChange(Guid.CreateVersion7(), null, "s", "k", now.AddDays(-100), "a", "c")], default);
        await service.CatchUpAsync();
        await service.Facts.StoreAsync(unseen, default);
        await service.ExecuteAsync($"update stats.mt_streams set timestamp = now() - interval '100 days' where id <> '{young.BatchId}'");
        var sums = await service.ContentsAsync(UsageByKey.TableName);

        Assert.True(await service.Get<RetentionJob>().TryRunAsync(default));
        var status = await service.Get<RetentionJob>().StatusAsync(default);

        Assert.Equal((true, false), (status.Succeeded, status.Running));
        Assert.StartsWith("Deleted 30 requests in 1 batches from before ", status.Result);
        Assert.Equal(status.LastRunAt!.Value.AddDays(1), status.NextRunAt);
        Assert.Equal(22L, await service.ScalarAsync<long>("select count(*) from stats.mt_events"));
        Assert.Equal(sums, await service.ContentsAsync(UsageByKey.TableName));
        await service.CatchUpAsync();
        var withUnseen = await service.ContentsAsync(UsageByKey.TableName);
        await service.Get<Rebuild>().RunAsync(service.Get<IEnumerable<IView>>().Single(view => view.Name == UsageByKey.TableName), (_, _) => Task.CompletedTask, default);
        Assert.Equal(withUnseen, await service.ContentsAsync(UsageByKey.TableName));

        // A deleted fact that comes again cannot be told from a new one: it is parked, not counted.
        var again = await service.Facts.StoreAsync(old, default);
        Assert.Equal((0, 30), (again.Stored, again.Refused.Count));
        Assert.Equal(30, await service.Get<ParkedFacts>().CountAsync(default));
    }
}
