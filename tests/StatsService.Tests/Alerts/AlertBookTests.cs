using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Alerts;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Views;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Alerts;

public sealed class AlertBookTests(ServersFixture servers)
{
    [Fact]
    public async Task Say_ByManyAtOnce_RaisesOneAlertThatIsOverWhenNothingIsLeft()
    {
        await using var service = await InProcess.StartAsync(servers);
        var book = service.Get<AlertBook>();

        var raised = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => book.SayAsync(AlertKind.FactsAside, 3, default)));
        Assert.Null(await book.SayAsync(AlertKind.FactsAside, 5, default));
        Assert.Null(await book.SayAsync(AlertKind.ViewsBehind, 0, default));

        Assert.Single(raised, change => change == true);
        Assert.Equal(7, raised.Count(change => change is null));
        var open = Assert.Single(await book.ListAsync(10, default));
        Assert.Equal((AlertKind.FactsAside, 5.0), (open.Kind, open.Value));
        Assert.Null(open.ResolvedAt);

        Assert.False(await book.SayAsync(AlertKind.FactsAside, 0, default));
        Assert.Null(await book.SayAsync(AlertKind.FactsAside, 0, default));
        Assert.True(await book.SayAsync(AlertKind.FactsAside, 1, default));

        var both = await book.ListAsync(10, default);
        Assert.Equal([null, 5.0], both.Select(alert => alert.ResolvedAt is null ? (double?)null : alert.Value));
        Assert.True(both[1].ResolvedAt >= both[1].RaisedAt);
    }

    [Fact]
    public async Task Look_WhileTheViewsAreTooFarBehind_RaisesAnAlertUntilTheyHaveCaughtUp()
    {
        await using var service = await InProcess.StartAsync(servers);
        var watch = new AlertWatch(
            service.Get<AlertBook>(), service.Get<LedgerWatch>(), service.Positions, service.Get<IOptions<ViewsOptions>>(), TimeProvider.System, NullLogger<AlertWatch>.Instance);
        await service.StoreAsync(Facts.Many(10, seed: 51, Facts.Noon));
        await service.ExecuteAsync("update stats.mt_events set timestamp = now() - interval '1 minute'");

        await watch.LookAsync(default);

        var alert = Assert.Single(await service.Get<AlertBook>().ListAsync(10, default));
        Assert.Equal(AlertKind.ViewsBehind, alert.Kind);
        Assert.InRange(alert.Value, 59, 180);
        Assert.Null(alert.ResolvedAt);
        await service.CatchUpAsync();
        await watch.LookAsync(default);
        Assert.NotNull(Assert.Single(await service.Get<AlertBook>().ListAsync(10, default)).ResolvedAt);
    }
}
