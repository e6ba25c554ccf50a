namespace GeminiBalance.GeminiSimulator;

/// <summary>The system's clock, moved by as much as the control interface says.</summary>
public sealed class ShiftedClock : TimeProvider
{
    private long shift;

    /// <summary>How far ahead of the system it is.</summary>
    public TimeSpan Shift
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref shift));
        set => Interlocked.Exchange(ref shift, value.Ticks);
    }

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
