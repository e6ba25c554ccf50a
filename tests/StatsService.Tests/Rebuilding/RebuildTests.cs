using GeminiBalance.StatsService.Rebuilding;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Views;
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
            await service.Get<Rebuild>().RunAsync(view, (position, target) =>
            {
                Assert.InRange(position, 0, target);
                targets.Add(target);
                return Task.CompletedTask;
            }, default);
        }

        Assert.Equal(sound, await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync)));
        Assert.Contains(targets, target => target >= 6_000);

        // The views follow on from where they stood: the later facts count once, those that came in the middle of it too.
        var storing = service.StoreAsync(Facts.Many(3_000, seed: 22, Facts.Noon));
        do
        {
            foreach (var view in views)
            {
                await service.Get<Rebuild>().RunAsync(view, (_, _) => Task.CompletedTask, default);
            }
        }
        while (!storing.IsCompleted);
        await storing;
        await daemon.StopAllAsync();
        await service.CatchUpAsync();
        var underLoad = await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync));
        foreach (var view in views)
        {
            await service.Get<Rebuild>().RunAsync(view, (_, _) => Task.CompletedTask, default);
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
            service.Get<Rebuild>().RunAsync(service.Get<IEnumerable<IView>>().Single(view => view.Name == RecentFailures.TableName), (_, _) => Task.CompletedTask, default));

        Assert.Contains("gb.request.completed.v9", fault.Message);
        Assert.Equal(sound, await service.ContentsAsync(RecentFailures.TableName));
    }
}
