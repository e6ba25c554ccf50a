namespace GeminiBalance.LocalEngine;

/// <summary>How long to wait before a process that ended is started again, and when to give up.</summary>
internal sealed class RestartPolicy
{
    private const int MostExits = 5;
    private const int MostRefusals = 2;
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);
    private readonly Queue<DateTimeOffset> _exits = new();
    private TimeSpan _next = TimeSpan.FromSeconds(1);
    private int _refusals;

    /// <param name="now">When the process ended.</param>
    /// <param name="ranFor">How long it had run.</param>
    /// <param name="refused">Whether it said by its exit code that it will not start with these settings.</param>
    /// <returns>How long to wait; null to give up.</returns>
    public TimeSpan? OnExit(DateTimeOffset now, TimeSpan ranFor, bool refused)
    {
        while (_exits.TryPeek(out var oldest) && now - oldest > _window) _exits.Dequeue();
        _exits.Enqueue(now);
        if (_exits.Count >= MostExits || (refused && ++_refusals >= MostRefusals)) return null;
        if (ranFor > _window) _next = TimeSpan.FromSeconds(1);
        var delay = _next;
        _next = TimeSpan.FromTicks(Math.Min(_next.Ticks * 2, _longest.Ticks));
        return delay;
    }
}
