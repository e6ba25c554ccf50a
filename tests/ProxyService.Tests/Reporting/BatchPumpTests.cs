using System.Collections.Concurrent;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Reporting;

public sealed class BatchPumpTests
{
    private readonly ConcurrentQueue<(Guid Id, int[] Items)> sent = [];

    [Fact]
    public async Task Items_LeaveInBatchesOfAtMost200()
    {
        using var pump = new Pump((id, items, _) => Send(id, items));
        Assert.All(Enumerable.Range(0, 450), item => Assert.True(pump.Add(item)));

        await pump.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Task.FromResult(pump.Unsent == 0), TimeSpan.FromSeconds(60), "all items sent");

        Assert.Equal(Enumerable.Range(0, 450), sent.SelectMany(batch => batch.Items).Order());
        Assert.All(sent, batch => Assert.InRange(batch.Items.Length, 1, 200));
        Assert.InRange(sent.Count, 3, 6);
    }

    [Fact]
    public async Task Batch_NotConfirmed_IsSentAgainUnchangedUnderTheSameId()
    {
        var failures = 2;
        using var pump = new Pump((id, items, _) =>
        {
            sent.Enqueue((id, [.. items]));
            return Interlocked.Decrement(ref failures) >= 0 ? Task.FromException(new InvalidOperationException()) : Task.CompletedTask;
        });
        pump.Add(1);
        pump.Add(2);

        await pump.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Task.FromResult(pump.Unsent == 0), TimeSpan.FromSeconds(60), "the batch confirmed");

        Assert.Equal(3, sent.Count);
        Assert.Single(sent.Select(batch => batch.Id).Distinct());
        Assert.All(sent, batch => Assert.Equal([1, 2], batch.Items));
    }

    [Fact]
    public async Task Publish_ThatHangs_IsGivenUpAndRepeated()
    {
        var calls = 0;
        using var pump = new Pump((id, items, _) => Interlocked.Increment(ref calls) == 1 ? new TaskCompletionSource().Task : Send(id, items));
        pump.Add(1);

        await pump.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Task.FromResult(pump.Unsent == 0), TimeSpan.FromSeconds(60), "the batch confirmed");

        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Queue_Full_RefusesAndCounts()
    {
        var open = new TaskCompletionSource();
        using var pump = new Pump((_, _, _) => open.Task, capacity: 3);

        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(pump.Add));
        Assert.Equal(3, pump.Unsent);
        open.SetResult();
        await pump.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => Task.FromResult(pump.Unsent == 0), TimeSpan.FromSeconds(60), "all items sent");
        Assert.True(pump.Add(6));
    }

    [Fact]
    public async Task Stop_SendsWhatIsLeftFirst()
    {
        using var pump = new Pump((id, items, _) => Send(id, items));
        await pump.StartAsync(TestContext.Current.CancellationToken);
        Assert.All(Enumerable.Range(0, 30), item => Assert.True(pump.Add(item)));

        await pump.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(30, sent.Sum(batch => batch.Items.Length));
        Assert.Equal(0, pump.Unsent);
    }

    private Task Send(Guid id, IReadOnlyList<int> items)
    {
        sent.Enqueue((id, [.. items]));
        return Task.CompletedTask;
    }

    private sealed class Pump : BatchPump<int>
    {
        public Pump(Func<Guid, IReadOnlyList<int>, CancellationToken, Task> publish, int capacity = 1000)
            : base(capacity, publish, NullLogger.Instance)
        {
            PublishTimeout = TimeSpan.FromMilliseconds(300);
            RetryDelay = TimeSpan.FromMilliseconds(10);
        }

        public bool Add(int item) => TryEnqueue(item);
    }
}
