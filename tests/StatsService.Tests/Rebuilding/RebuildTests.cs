using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Rebuilding;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Views;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Rebuilding;

public sealed class RebuildTests(ServersFixture servers)
{
    [Fact]
    public async Task Rebuild_OfADamagedViewWhileFactsArrive_EqualsWhatItShouldBeToTheLastToken()
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.StoreAsync(Facts.Many(6_000, seed: 21, Facts.Noon));
        await service.CatchUpAsync();
        var views = service.Get<IEnumerable<IView>>().ToArray();
        var sound = await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync));
        await service.ExecuteAsync("update stats.usage_per_key set total_tokens = total_tokens + 1; delete from stats.usage_per_access_key; update stats.latency_per_model set count = 7; update stats.last_use set at = now()");
        using var daemon = await service.DaemonAsync();
        await daemon.StartAllAsync();
        var targets = new List<long>();

        foreach (var view in views)
        {
            await service.RebuildAsync(view, (position, target) =>
            {
                Assert.InRange(position, 0, target);
                targets.Add(target);
                return Task.CompletedTask;
            });
        }

        Assert.Equal(sound, await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync)));
        Assert.Contains(targets, target => target >= 6_000);

        // The views follow on from where they stood: the later facts count once, those that came in the middle of it too.
        var storing = service.StoreAsync(Facts.Many(3_000, seed: 22, Facts.Noon));
        do
        {
            foreach (var view in views)
            {
                await service.RebuildAsync(view);
            }
        }
        while (!storing.IsCompleted);
        await storing;
        await daemon.StopAllAsync();
        await service.CatchUpAsync();
        var underLoad = await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync));
        foreach (var view in views)
        {
            await service.RebuildAsync(view);
        }

        Assert.Equal(underLoad, await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync)));
        Assert.Equal(9_000m, await service.ScalarAsync<decimal>("select sum(requests) from stats.usage_per_key"));
        Assert.Equal(180_000m, await service.ScalarAsync<decimal>("select sum(total_tokens) from stats.usage_per_key"));
        Assert.Equal(0L, await service.ScalarAsync<long>("select count(*) from information_schema.tables where table_name like '%_rebuild'"));
    }

    [Fact]
    public async Task Rebuild_WithAnEventOfAnUnknownKind_IsRefusedByItsNameAndChangesNothing()
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.StoreAsync(Facts.Many(50, seed: 23, Facts.Noon));
        await service.CatchUpAsync();
        var sound = await service.ContentsAsync(RecentFailures.TableName);
        await service.ExecuteAsync("update stats.mt_events set type = 'gb.request.completed.v9' where seq_id = 6");

        var fault = await Assert.ThrowsAsync<InvalidDataException>(() =>
            service.RebuildAsync(service.Get<IEnumerable<IView>>().Single(view => view.Name == RecentFailures.TableName)));

        Assert.Contains("gb.request.completed.v9", fault.Message);
        Assert.Equal(sound, await service.ContentsAsync(RecentFailures.TableName));
    }

    [Fact]
    public async Task Rebuild_WhileAnotherReplicaRebuilds_IsRefusedUntilThatIsOver()
    {
        await using var service = await InProcess.StartAsync(servers);
        var rebuilds = service.Get<Rebuilds>();

        await using (var other = await SessionLock.TryTakeAsync(service.Source, SessionRight.Past, default))
        {
            Assert.NotNull(other);
            Assert.Null(await rebuilds.TryStartAsync(RecentFailures.TableName, default));
            Assert.Empty(rebuilds.All);
        }

        Assert.NotNull(await rebuilds.TryStartAsync(RecentFailures.TableName, default));
        await Eventually.TrueAsync(() => Task.FromResult(rebuilds.All.Single().State == RebuildState.Succeeded), TimeSpan.FromSeconds(30), "the rebuild's end");

        // What it held is free again, also for the audit log.
        Assert.NotNull(await rebuilds.TryStartAsync(AuditLog.TableName, default));
        await Eventually.TrueAsync(() => Task.FromResult(rebuilds.All.All(state => state.State == RebuildState.Succeeded)), TimeSpan.FromSeconds(30), "the second rebuild's end");
        await (await SessionLock.TryTakeAsync(service.Source, SessionRight.Past, default))!.DisposeAsync();
    }
}
