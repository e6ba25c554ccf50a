using System.Threading.Channels;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>Publishes when asked, and every second looks whether something was left behind: by a process that died, by another replica, or by a Redis that lost its memory.</summary>
internal sealed partial class PoolPump(PoolPublisher publisher, TimeProvider time, ILogger<PoolPump> log) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private readonly Channel<TaskCompletionSource<PoolPosition>> asked = Channel.CreateUnbounded<TaskCompletionSource<PoolPosition>>();

    /// <summary>Waits until everything committed before the call is published.</summary>
    public Task<PoolPosition> PublishAsync(CancellationToken cancellation)
    {
        var waiting = new TaskCompletionSource<PoolPosition>(TaskCreationOptions.RunContinuationsAsynchronously);
        asked.Writer.TryWrite(waiting);
        return waiting.Task.WaitAsync(cancellation);
    }

    /// <summary>Has everything committed so far published soon.</summary>
    public void Nudge() => asked.Writer.TryWrite(new TaskCompletionSource<PoolPosition>());

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        var waiting = new List<TaskCompletionSource<PoolPosition>>();
        while (!stoppingToken.IsCancellationRequested)
        {
            while (asked.Reader.TryRead(out var one))
            {
                waiting.Add(one);
            }

            try
            {
                var position = await publisher.PublishAsync(stoppingToken);
                waiting.ForEach(one => one.TrySetResult(position));
                waiting.Clear();
                await WaitAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                // Whoever waits keeps waiting for the next round; its own deadline ends that.
                LogFailed(e);
                await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WaitAsync(CancellationToken stopping)
    {
        using var round = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        round.CancelAfter(Round);
        try
        {
            await asked.Reader.WaitToReadAsync(round.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The pool could not be published; the next round tries again.")]
    private partial void LogFailed(Exception e);
}
