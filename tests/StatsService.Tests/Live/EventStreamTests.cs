using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Live;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GeminiBalance.StatsService.Tests.Live;

public sealed class EventStreamTests
{
    [Fact]
    public async Task Send_Events_AreWrittenWithTheirIds()
    {
        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;
        var stream = new EventStream(context, TimeProvider.System, NullLogger.Instance, default);

        Assert.True(await stream.OpenAsync());
        Assert.True(await stream.SendAsync("tick", [(null, new LiveTick(3, 0)), (7L, new LiveTick(4, 0.5))], ContractsJson.Default.LiveTick));
        Assert.True(await stream.BeatAsync());

        Assert.Equal(
            "event: tick\ndata: {\"position\":3,\"lagSeconds\":0}\n\nid: 7\nevent: tick\ndata: {\"position\":4,\"lagSeconds\":0.5}\n\n: heartbeat\n\n",
            System.Text.Encoding.UTF8.GetString(body.ToArray()));
        Assert.Equal("text/event-stream", context.Response.ContentType);
    }

    [Fact]
    public async Task Send_ToOneWhoTakesNothing_HangsUpAfterAWhile()
    {
        var (context, lifetime, time) = (new DefaultHttpContext(), new Lifetime(), new FakeTimeProvider());
        context.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        using var body = new Stuck();
        context.Response.Body = body;
        var stream = new EventStream(context, time, NullLogger.Instance, default);

        var sending = stream.SendAsync("tick", [(null, new LiveTick(3, 0))], ContractsJson.Default.LiveTick);
        await body.Reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        time.Advance(EventStream.Patience - TimeSpan.FromSeconds(1));
        Assert.False(lifetime.Aborted);
        Assert.False(sending.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.False(await sending.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(lifetime.Aborted);
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool Aborted { get; private set; }

        public void Abort() => Aborted = true;
    }

    /// <summary>A connection whose other end reads nothing.</summary>
    private sealed class Stuck : MemoryStream
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
