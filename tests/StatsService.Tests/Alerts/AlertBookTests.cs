using System.Diagnostics.Metrics;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Alerts;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.StatsService.Views;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
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
    public async Task Alert_IsNotOverByWhatWasSeenBeforeItWasRaised()
    {
        await using var service = await InProcess.StartAsync(servers);
        var book = service.Get<AlertBook>();
        var before = DateTimeOffset.UtcNow.AddSeconds(-5);
        Assert.True(await book.SayAsync(AlertKind.AccountingMismatch, 1, default));

        Assert.Null(await book.SayAsync(AlertKind.AccountingMismatch, 0, default, before));

        Assert.True(await book.IsOpenAsync(AlertKind.AccountingMismatch, default));
        Assert.False(await book.SayAsync(AlertKind.AccountingMismatch, 0, default));
        Assert.False(await book.IsOpenAsync(AlertKind.AccountingMismatch, default));
    }

    [Fact]
    public async Task MessagesAside_AreOneAlert_ThatAReplicaWhichSeldomAsksDoesNotEnd()
    {
        await using var service = await InProcess.StartAsync(servers);
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var queues = new DeadLetterQueues(service.Get<IConfiguration>(), new AbsentQueues(), clock);
        using var ledger = new LedgerWatch(service.Get<Segments>(), service.Get<ParkedFacts>(), queues, clock, service.Get<IMeterFactory>(), NullLogger<LedgerWatch>.Instance);
        using var watch = new AlertWatch(service.Get<AlertBook>(), ledger, service.Positions, service.Get<IOptions<ViewsOptions>>(), clock, NullLogger<AlertWatch>.Instance);
        await ledger.StartAsync(default);
        await Eventually.TrueAsync(() => Task.FromResult(ledger.Found is not null), TimeSpan.FromSeconds(60), "a first look");
        Assert.True(ledger.Found!.IsWhole);

        // Some of the queues are not there: after a while they are asked for ever less often.
        await UntilAsync(() => !ledger.Found!.IsWhole, "a look that leaves some out");
        Assert.True(await service.Get<AlertBook>().SayAsync(AlertKind.FactsAside, 1, default));

        await watch.LookAsync(default);

        Assert.True(await service.Get<AlertBook>().IsOpenAsync(AlertKind.FactsAside, default));
        await UntilAsync(() => ledger.Found!.IsWhole, "a look at all of them");
        await watch.LookAsync(default);

        // The broker is shared: what other tests left in its queues keeps the alert open, and nothing else does.
        Assert.Equal(ledger.Found!.DeadLetters > 0, await service.Get<AlertBook>().IsOpenAsync(AlertKind.FactsAside, default));
        await ledger.StopAsync(default);

        Task UntilAsync(Func<bool> condition, string what) => Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(15));
                return Task.FromResult(condition());
            },
            TimeSpan.FromSeconds(60),
            what);
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
