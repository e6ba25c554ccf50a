using GeminiBalance.AdminUi.Live;
using Microsoft.Extensions.Time.Testing;

namespace GeminiBalance.AdminUi.Tests.Live;

public sealed class CoalescerTests
{
    [Fact]
    public async Task Signals_InABurst_LeadToOneRunNowAndOneAfterTheInterval()
    {
        var time = new FakeTimeProvider();
        var runs = new SemaphoreSlim(0);
        using var coalescer = new Coalescer(_ =>
        {
            runs.Release();
            return Task.CompletedTask;
        }, TimeSpan.FromSeconds(1), time);

        for (var signal = 0; signal < 100; signal++)
        {
            coalescer.Signal();
        }

        Assert.True(await runs.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        Assert.Equal(0, runs.CurrentCount);
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(0, runs.CurrentCount);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await runs.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, runs.CurrentCount);
    }
}
