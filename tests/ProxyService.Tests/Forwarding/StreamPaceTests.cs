using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.ProxyService.Forwarding;
using GeminiBalance.ProxyService.Reporting;
using GeminiBalance.ProxyService.Tests.Reporting.Journaling;
using GeminiBalance.ProxyService.Translation.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Forwarding;

public sealed class StreamPaceTests : IDisposable
{
    private static readonly StreamSilence Silence = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(120));

    private readonly CountingClock clock = new();
    private readonly MemoryStream sent = new();
    private readonly CancellationTokenSource deadline;
    private readonly StreamPace pace;

    public StreamPaceTests()
    {
        deadline = new CancellationTokenSource(Timeout.InfiniteTimeSpan, clock);
        var record = new RequestRecord(RequestOperation.ChatCompletion, new RecordingLedger(), new ProxyMetrics(new Meters()), clock);
        pace = new StreamPace(new ClientAnswer(new DefaultHttpContext { Response = { Body = sent } }, record, [], ClientDialect.OpenAi), deadline, Silence, isBuffered: false, 1 << 20, clock);
    }

    [Fact]
    public async Task Client_ThatTakesItsTime_IsNoSilenceOfTheUpstream()
    {
        var (reading, writing) = (new TaskCompletionSource<int>(), new TaskCompletionSource());
        pace.Reads(new ValueTask<int>(reading.Task));
        clock.Advance(TimeSpan.FromSeconds(100));

        var sending = pace.SendsAsync(writing.Task);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.False(deadline.IsCancellationRequested);
        writing.SetResult();
        await sending;
        clock.Advance(TimeSpan.FromSeconds(100));
        Assert.False(deadline.IsCancellationRequested);

        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.True(deadline.IsCancellationRequested);
    }

    [Fact]
    public void Upstream_ThatIsSilent_IsGivenUp()
    {
        pace.Reads(new ValueTask<int>(new TaskCompletionSource<int>().Task));
        Assert.True(pace.SendsAsync(Task.CompletedTask).IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(119));
        Assert.False(deadline.IsCancellationRequested);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(deadline.IsCancellationRequested);
    }

    [Fact]
    public async Task Timer_WhileNothingOfTheUpstreamIsWaitedFor_Rests()
    {
        var first = new TaskCompletionSource<int>();
        var waiting = pace.WaitAsync(new ValueTask<int>(first.Task), TestContext.Current.CancellationToken);
        first.SetResult(1);
        Assert.Equal(1, await waiting);

        clock.Advance(TimeSpan.FromMinutes(10));
        Assert.InRange(clock.Ticks, 1, 2);
        Assert.Equal(0, sent.Length);

        // Whoever waits next is not forgotten.
        var second = new TaskCompletionSource<int>();
        var next = pace.WaitAsync(new ValueTask<int>(second.Task), TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(": keep-alive\n\n", Encoding.UTF8.GetString(sent.ToArray()));
        clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(": keep-alive\n\n: keep-alive\n\n", Encoding.UTF8.GetString(sent.ToArray()));
        second.SetResult(2);
        Assert.Equal(2, await next);
    }

    public void Dispose()
    {
        pace.Dispose();
        deadline.Dispose();
        sent.Dispose();
    }

    /// <summary>Counts how often timers have gone off.</summary>
    private sealed class CountingClock : FakeTimeProvider
    {
        private int ticks;

        public int Ticks => ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(
            given =>
            {
                Interlocked.Increment(ref ticks);
                callback(given);
            },
            state,
            dueTime,
            period);
    }
}
