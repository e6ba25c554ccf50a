using System.Collections.Concurrent;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting;

public sealed class UsagePumpTests
{
    private static readonly Guid Key = Guid.CreateVersion7();
    private readonly ConcurrentBag<KeyUsage> sent = [];

    [Fact]
    public async Task Use_IsAddedUpByKeyAndModel_AndToldOnce()
    {
        using var pump = Create();
        await pump.StartAsync(TestContext.Current.CancellationToken);

        pump.Used(Key, "m", true, 10, 5, 100);
        pump.Used(Key, "m", false, 0, 0, 50);
        pump.Used(Key, "other", true, 1, 1, 10);
        pump.Tick();
        pump.Tick();

        await Eventually.TrueAsync(() => Task.FromResult(sent.Count == 2), TimeSpan.FromSeconds(60), "both sums");
        Assert.Contains(new KeyUsage(Key, "m", 2, 1, 10, 5, 100), sent);
        Assert.Contains(new KeyUsage(Key, "other", 1, 1, 1, 1, 10), sent);
        await pump.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Use_WhileSumsArePassedOn_IsNeitherLostNorToldTwice()
    {
        using var pump = Create();
        await pump.StartAsync(TestContext.Current.CancellationToken);

        var done = false;
        var ticking = Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
            {
                pump.Tick();
            }
        }, TestContext.Current.CancellationToken);
        Parallel.For(0, 20_000, i => pump.Used(Key, i % 2 == 0 ? "a" : "b", true, 1, 0, 0));
        Volatile.Write(ref done, true);
        await ticking;
        await pump.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal((20_000, 20_000), (sent.Sum(use => use.Requests), sent.Sum(use => use.InputTokens)));
    }

    private UsagePump Create() => new(
        (_, batch, _) =>
        {
            foreach (var item in batch)
            {
                sent.Add(item.Usage);
            }

            return Task.CompletedTask;
        },
        new FakeTimeProvider(),
        NullLogger.Instance);
}
