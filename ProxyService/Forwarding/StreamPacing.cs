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
    /// <summary>Begins an attempt; what is set now holds to its end.</summary>
    /// <param name="answer">The answer to the client.</param>
    /// <param name="deadline">Ends the attempt; armed by others until the answer begins.</param>
    public StreamPace Begin(ClientAnswer answer, CancellationTokenSource deadline)
    {
        var (forwarding, gemini) = (options.CurrentValue, limits.CurrentValue);
        var silence = new StreamSilence(TimeSpan.FromSeconds(forwarding.CommitAfterSeconds), TimeSpan.FromSeconds(forwarding.KeepAliveSeconds), gemini.IdleTimeout);
        return new StreamPace(answer, deadline, silence, streaming.CurrentValue.Mode == StreamingMode.Buffered, gemini.MaximumEventBytes, time);
    }
}

/// <summary>How long a stream may be silent.</summary>
/// <param name="BeforeCommit">Towards the client, before its status goes out.</param>
/// <param name="BeforeKeepAlive">Towards the client, from then on.</param>
/// <param name="OfUpstream">The upstream, within an answer.</param>
internal readonly record struct StreamSilence(TimeSpan BeforeCommit, TimeSpan BeforeKeepAlive, TimeSpan OfUpstream);

/// <summary>
/// The pace of one attempt. While it waits for the upstream, a timer tells the client now and then that nothing was lost; while it waits for the client,
/// the upstream's deadline stands still.
/// </summary>
internal sealed class StreamPace(ClientAnswer answer, CancellationTokenSource deadline, StreamSilence silence, bool isBuffered, int mostBytes, TimeProvider time) : IDisposable
{
    private readonly Lock gate = new();
    private ITimer? timer;
    private CancellationToken client;
    private Task? telling;
    private bool waits;
    private bool sleeps;
    private bool isArmed;
    private long quietSince = time.GetTimestamp();

    /// <summary>Whether nothing of the answer goes out before it is whole.</summary>
    public bool IsBuffered => isBuffered;

    private TimeSpan Left => (answer.HasBegun ? silence.BeforeKeepAlive : silence.BeforeCommit) - time.GetElapsedTime(Volatile.Read(ref quietSince));

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

    /// <summary>Lets the upstream's silence count from now on, if a read within its answer has to be waited for.</summary>
    /// <param name="reading">The read.</param>
    public void Reads(in ValueTask<int> reading)
    {
        // The first time in any case: the answer has begun.
        if (!reading.IsCompleted || !isArmed)
        {
            isArmed = true;
            deadline.CancelAfter(silence.OfUpstream);
        }
    }

    /// <summary>Waits until the client has taken something; however long that is, it is no silence of the upstream.</summary>
    /// <param name="sending">What it is sent.</param>
    public Task SendsAsync(Task sending) => sending.IsCompleted ? sending : WithoutDeadlineAsync(sending);

    /// <summary>Tells the client that nothing was lost, when the time for it has come.</summary>
    /// <param name="client">Ends when the client goes away.</param>
    public ValueTask KeepAliveAsync(CancellationToken client) => Left > TimeSpan.Zero ? ValueTask.CompletedTask : new ValueTask(SendsAsync(TellAsync(client)));

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
            if (timer is null)
            {
                timer = time.CreateTimer(static pace => ((StreamPace)pace!).Tick(), this, WaitFor(Left), Timeout.InfiniteTimeSpan);
            }
            else if (sleeps)
            {
                timer.Change(WaitFor(Left), Timeout.InfiniteTimeSpan);
            }

            sleeps = false;
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
                await WithoutDeadlineAsync(last).ConfigureAwait(false);
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

    private async Task WithoutDeadlineAsync(Task sending)
    {
        deadline.CancelAfter(Timeout.InfiniteTimeSpan);
        await sending.ConfigureAwait(false);
        deadline.CancelAfter(silence.OfUpstream);
    }

    private void Tick()
    {
        lock (gate)
        {
            if (!waits)
            {
                // Whoever waits next wakes it: a client that takes its time must not be asked about a thousand times a second.
                sleeps = true;
                return;
            }

            var isTelling = telling is { IsCompleted: false };
            if (!isTelling && Left <= TimeSpan.Zero)
            {
                telling = TellAsync(client);
            }

            timer?.Change(isTelling ? silence.BeforeKeepAlive : WaitFor(Left), Timeout.InfiniteTimeSpan);
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
