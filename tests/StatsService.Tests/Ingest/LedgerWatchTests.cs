using System.Diagnostics.Metrics;
using GeminiBalance.StatsService.Ingest;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Tests.Servers;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Ingest;

public sealed class LedgerWatchTests(ServersFixture servers)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Watch_OfABrokerThatStandsStill_GoesOnAndSaysSoOnce()
    {
        await using var service = await InProcess.StartAsync(servers);
        await using var broker = new FrozenBroker(service.Get<IConfiguration>()["ConnectionStrings:messaging"]!);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ConnectionStrings:messaging", broker.Address)]).Build();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var queues = new DeadLetterQueues(configuration, new AbsentQueues(), clock);
        var log = new Complaints();
        using var watch = new LedgerWatch(service.Get<Segments>(), service.Get<ParkedFacts>(), queues, clock, service.Get<IMeterFactory>(), log);
        await watch.StartAsync(default);
        await Eventually.TrueAsync(() => Task.FromResult(watch.Found is not null), Soon, "a first look");

        broker.Freeze();
        await UntilAsync(clock, () => log.Count == 1, "a look that did not succeed");
        await service.Get<ParkedFacts>().ParkAsync(Facts.Batch(Facts.Fact()), 0, "why", default);
        await UntilAsync(clock, () => watch.Found!.Parked == 1, "a later look");

        Assert.False(watch.ExecuteTask!.IsCompleted);
        Assert.Equal(1, log.Count);
        await watch.StopAsync(default);
    }

    private static Task UntilAsync(FakeTimeProvider clock, Func<bool> condition, string what) => Eventually.TrueAsync(
        () =>
        {
            clock.Advance(TimeSpan.FromSeconds(15));
            return Task.FromResult(condition());
        },
        Soon,
        what);

    /// <summary>How often a warning was written.</summary>
    private sealed class Complaints : ILogger<LedgerWatch>
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                Interlocked.Increment(ref count);
            }
        }
    }
}
