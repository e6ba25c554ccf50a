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

/// <summary>The pace of one attempt. While it waits for the upstream, a timer tells the client now and then that nothing was lost.</summary>
internal sealed class StreamPace(ClientAnswer answer, IOptionsMonitor<ForwardingOptions> options, bool isBuffered, int mostBytes, TimeProvider time) : IDisposable
{
    private readonly Lock gate = new();
    private ITimer? timer;
    private CancellationToken client;
    private Task? telling;
    private bool waits;
    private long quietSince = time.GetTimestamp();

    /// <summary>Whether nothing of the answer goes out before it is whole.</summary>
    public bool IsBuffered => isBuffered;

    private TimeSpan Left => TimeSpan.FromSeconds(answer.HasBegun ? options.CurrentValue.KeepAliveSeconds : options.CurrentValue.CommitAfterSeconds) - time.GetElapsedTime(Volatile.Read(ref quietSince));

    /// <summary>Notes that something has gone out.</summary>
    public void Sent() => Volatile.Write(ref quietSince, time.GetTimestamp());

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
    public ValueTask KeepAliveAsync(CancellationToken client) => Left > TimeSpan.Zero ? ValueTask.CompletedTask : new ValueTask(TellAsync(client));

    /// <summary>Waits for the upstream, and meanwhile tells the client that nothing was lost. Nothing is being sent to the client any more when it returns.</summary>
    /// <param name="pending">What is waited for.</param>
    /// <param name="client">Ends when the client goes away.</param>
    public async ValueTask<T> WaitAsync<T>(ValueTask<T> pending, CancellationToken client)
    {
        if (pending.IsCompleted)
        {
            return await pending.ConfigureAwait(false);
        }

        this.client = client;
        lock (gate)
        {
            waits = true;
            timer ??= time.CreateTimer(static pace => ((StreamPace)pace!).Tick(), this, WaitFor(Left), Timeout.InfiniteTimeSpan);
        }

        try
        {
            return await pending.ConfigureAwait(false);
        }
        finally
        {
            Task? last;
            lock (gate)
            {
                (waits, last) = (false, telling);
            }

            if (last is { IsCompleted: false })
            {
                await last.ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (gate)
        {
            waits = false;
            timer?.Dispose();
        }
    }

    private static TimeSpan WaitFor(TimeSpan left) => left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);

    private void Tick()
    {
        lock (gate)
        {
            if (waits && telling is not { IsCompleted: false } && Left <= TimeSpan.Zero)
            {
                telling = TellAsync(client);
            }

            timer?.Change(WaitFor(Left), Timeout.InfiniteTimeSpan);
        }
    }

    private async Task TellAsync(CancellationToken client)
    {
        // Before it is told: a client that does not read must not be told again and again.
        Sent();
        try
        {
            await answer.KeepAliveAsync(client).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The client is gone: what is waited for is told so too, and ends.
        }
    }
}
