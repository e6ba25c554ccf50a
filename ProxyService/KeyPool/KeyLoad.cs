namespace GeminiBalance.ProxyService.KeyPool;

/// <summary>What this replica sees of one key for one model. Written at the start and the end of every call, read by every choice.</summary>
internal sealed class KeyLoad
{
    /// <summary>Share of a new observation in the averages.</summary>
    private const double Alpha = 0.1;

    private readonly Lock gate = new();
    private int inFlight;
    private double success = 1;
    private double latency;
    private long lastFailure = long.MinValue;
    private long calls;

    /// <summary>Calls on their way.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Average share (0 to 1) of calls that succeeded, the newest counting most; 1 before the first.</summary>
    public double Success => Volatile.Read(ref success);

    /// <summary>Average milliseconds until the upstream began to answer, the newest counting most; 0 before the first answer.</summary>
    public double LatencyMs => Volatile.Read(ref latency);

    /// <summary>Calls begun since the start.</summary>
    public long Calls => Interlocked.Read(ref calls);

    /// <summary>A call begins.</summary>
    public void Begin()
    {
        Interlocked.Increment(ref inFlight);
        Interlocked.Increment(ref calls);
    }

    /// <summary>A call has ended.</summary>
    /// <param name="succeeded">Whether it was answered; null when the way it ended says nothing of the key (the client's mistake, a client that left).</param>
    /// <param name="latencyMs">Milliseconds until the upstream began to answer.</param>
    /// <param name="timestamp">The clock (<see cref="TimeProvider.GetTimestamp"/>).</param>
    public void End(bool? succeeded, double latencyMs, long timestamp)
    {
        Interlocked.Decrement(ref inFlight);
        if (succeeded is not { } good)
        {
            return;
        }

        lock (gate)
        {
            Volatile.Write(ref success, ((1 - Alpha) * success) + (good ? Alpha : 0));
            if (good)
            {
                Volatile.Write(ref latency, latency == 0 ? latencyMs : ((1 - Alpha) * latency) + (Alpha * latencyMs));
            }
            else
            {
                Volatile.Write(ref lastFailure, timestamp);
            }
        }
    }

    /// <summary>Time since the last failed call; null when none failed.</summary>
    /// <param name="time">The clock.</param>
    public TimeSpan? SinceFailure(TimeProvider time) => Volatile.Read(ref lastFailure) is var failed && failed == long.MinValue ? null : time.GetElapsedTime(failed);
}
