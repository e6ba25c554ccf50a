using GeminiBalance.ProxyService.Upstream;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>How streams reach clients.</summary>
internal enum StreamingMode
{
    /// <summary>As the upstream sends them.</summary>
    Live,

    /// <summary>When the whole answer is there; comments keep the connection open meanwhile. A failure in the middle is then never seen: another key can still do it all.</summary>
    Buffered,
}

/// <summary>Settings of section <c>Streaming</c>. Changeable while the gateway runs.</summary>
internal sealed class StreamingOptions
{
    /// <summary>How streams reach clients.</summary>
    public StreamingMode Mode { get; set; }
}

/// <summary>Knows when a stream has been silent for too long, and whether its answer is held back until it is whole.</summary>
/// <param name="options">How long a silence may be.</param>
/// <param name="streaming">The mode.</param>
/// <param name="limits">How much is held back at most.</param>
/// <param name="time">The clock.</param>
internal sealed class StreamPacing(IOptionsMonitor<ForwardingOptions> options, IOptionsMonitor<StreamingOptions> streaming, IOptionsMonitor<GeminiOptions> limits, TimeProvider time)
{
    /// <summary>Begins an attempt.</summary>
    /// <param name="answer">The answer to the client.</param>
    public StreamPace Begin(ClientAnswer answer) => new(answer, options, streaming.CurrentValue.Mode == StreamingMode.Buffered, limits.CurrentValue.MaximumEventBytes, time);
}

/// <summary>The pace of one attempt.</summary>
internal sealed class StreamPace(ClientAnswer answer, IOptionsMonitor<ForwardingOptions> options, bool isBuffered, int mostBytes, TimeProvider time)
{
    private long quietSince = time.GetTimestamp();

    /// <summary>Whether nothing of the answer goes out before it is whole.</summary>
    public bool IsBuffered => isBuffered;

    /// <summary>Notes that something has gone out.</summary>
    public void Sent() => quietSince = time.GetTimestamp();

    /// <summary>Makes sure that what is held back does not grow without end.</summary>
    /// <param name="bytes">How much it is.</param>
    /// <exception cref="EventTooLargeException">It is larger than one answer may be.</exception>
    public void Hold(int bytes)
    {
        if (isBuffered && bytes > mostBytes)
        {
            throw new EventTooLargeException();
        }
    }

    /// <summary>Tells the client that nothing was lost, when the time for it has come.</summary>
    /// <param name="client">Ends when the client goes away.</param>
    public ValueTask KeepAliveAsync(CancellationToken client) => Left > TimeSpan.Zero ? ValueTask.CompletedTask : SendAsync(client);

    /// <summary>Waits for the upstream, and meanwhile tells the client that nothing was lost.</summary>
    /// <param name="pending">What is waited for.</param>
    /// <param name="client">Ends when the client goes away.</param>
    public async Task<T> WaitAsync<T>(Task<T> pending, CancellationToken client)
    {
        while (!pending.IsCompleted)
        {
            try
            {
                if (Left is { Ticks: > 0 } left)
                {
                    return await pending.WaitAsync(left, time).ConfigureAwait(false);
                }
            }
            catch (TimeoutException)
            {
                // Only the silence is over, not the wait.
            }

            if (!pending.IsCompleted)
            {
                await KeepAliveAsync(client).ConfigureAwait(false);
            }
        }

        return await pending.ConfigureAwait(false);
    }

    /// <summary>As <see cref="WaitAsync"/>; when the wait ends before what is waited for, that is ended too, and is over on return: it may be writing into memory of the caller.</summary>
    /// <param name="pending">What is waited for.</param>
    /// <param name="deadline">Ends it.</param>
    /// <param name="client">Ends when the client goes away.</param>
    public async Task<T> WaitOrEndAsync<T>(Task<T> pending, CancellationTokenSource deadline, CancellationToken client)
    {
        try
        {
            return await WaitAsync(pending, client).ConfigureAwait(false);
        }
        finally
        {
            if (!pending.IsCompleted)
            {
                await deadline.CancelAsync().ConfigureAwait(false);
                await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private TimeSpan Left => TimeSpan.FromSeconds(answer.HasBegun ? options.CurrentValue.KeepAliveSeconds : options.CurrentValue.CommitAfterSeconds) - time.GetElapsedTime(quietSince);

    private async ValueTask SendAsync(CancellationToken client)
    {
        await answer.KeepAliveAsync(client).ConfigureAwait(false);
        Sent();
    }
}
