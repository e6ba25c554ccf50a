using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Usage;
using GeminiBalance.StatsService.Views;
using GeminiBalance.TestKit;
using JasperFx;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Views;

public sealed class ViewProjectionTests(ServersFixture servers)
{
    [Fact]
    public async Task Rebuild_OfEveryView_EqualsWhatWasThere()
    {
        await using var service = await InProcess.StartAsync(servers);
        var views = service.Get<IEnumerable<IView>>().Select(view => view.Name).ToArray();
        foreach (var part in Facts.Many(3_000, seed: 5, Facts.Noon).Chunk(700))
        {
            await service.StoreAsync(part);
            await service.CatchUpAsync();
        }

        var live = await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync));
        Assert.All(live, Assert.NotEmpty);
        using (var daemon = await service.DaemonAsync())
        {
            foreach (var view in views)
            {
                await daemon.RebuildProjectionAsync(view, TimeSpan.FromSeconds(30), default);
            }
        }

        Assert.Equal(live, await Task.WhenAll(service.ViewTables.Select(service.ContentsAsync)));
        Assert.Equal(3_000m, await service.ScalarAsync<decimal>($"select sum(requests) from stats.{UsageByKey.TableName}"));
    }

    [Fact]
    public async Task Views_AfterAPageFails_HaveNeitherRowsNorPositionOfIt()
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.ExecuteAsync("alter table stats.usage_per_key add constraint no_pro check (model <> 'gemini-2.5-pro')");
        await service.StoreAsync(Facts.Many(200, seed: 6, Facts.Noon));
        using var daemon = await service.DaemonAsync();
        await daemon.StartAllAsync();
        await Eventually.TrueAsync(
            () => Task.FromResult(daemon.StatusFor(ViewPositions.ShardOf(UsageByKey.TableName)) == AgentStatus.Paused), TimeSpan.FromSeconds(30), "the view stopped");

        var status = await service.Positions.StatusAsync(default);

        Assert.Equal(0, status.Views[UsageByKey.TableName]);
        Assert.Equal(0L, await service.ScalarAsync<long>("select count(*) from stats.usage_per_key"));
        await daemon.StopAllAsync();
        await service.ExecuteAsync("alter table stats.usage_per_key drop constraint no_pro");
        await service.CatchUpAsync();
        Assert.Equal(200m, await service.ScalarAsync<decimal>("select sum(requests) from stats.usage_per_key"));
    }

    [Fact]
    public async Task UnknownVersion_OfAnEvent_StopsTheViewsAndShows()
    {
        await using var service = await InProcess.StartAsync(servers);
        await service.StoreAsync(Facts.Many(10, seed: 7, Facts.Noon));
        await service.ExecuteAsync("""
            update stats.mt_events set timestamp = now() - interval '1 minute';
            update stats.mt_events set type = 'gb.request.completed.v9', mt_dotnet_type = 'gb.request.completed.v9' where seq_id = 6
            """);
        using var daemon = await service.DaemonAsync();
        await daemon.StartAllAsync();
        await Eventually.TrueAsync(
            () => Task.FromResult(daemon.CurrentAgents().All(agent => agent.Status == AgentStatus.Paused)), TimeSpan.FromSeconds(30), "every view stopped");

        var status = await service.Positions.StatusAsync(default);
        var health = await service.Get<HealthCheckService>().CheckHealthAsync(check => check.Name == "views");

        Assert.All(status.Views.Values, position => Assert.InRange(position, 0, 5));
        Assert.InRange(status.LagSeconds, 59, 120);
        Assert.Equal(HealthStatus.Unhealthy, health.Entries["views"].Status);
        await daemon.StopAllAsync();
    }

    [Fact]
    public async Task RecentFailures_MoreThanAreKept_KeepsTheNewest()
    {
        await using var service = await InProcess.StartAsync(servers);
        var facts = Enumerable.Range(0, RecentFailures.Kept + 400)
            .Select(n => Facts.Fact(GeminiBalance.Contracts.RequestOutcome.NoKey, Facts.Noon.AddSeconds(n))).ToArray();
        Random.Shared.Shuffle(facts);
        foreach (var part in facts.Chunk(500))
        {
            await service.StoreAsync(part);
            await service.CatchUpAsync();
        }

        Assert.Equal((long)RecentFailures.Kept, await service.ScalarAsync<long>("select count(*) from stats.recent_failures"));
        Assert.Equal(Facts.Noon.AddSeconds(400).UtcDateTime, await service.ScalarAsync<DateTime>("select min(at) from stats.recent_failures"));
    }
}
