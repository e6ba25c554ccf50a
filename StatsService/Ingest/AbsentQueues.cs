namespace GeminiBalance.StatsService.Ingest;

/// <summary>
/// When a queue that was not there is asked for again. Queues for what failed are made with the first message in them, and the broker
/// writes an error into its log each time one is asked for before: so less and less often, until something fails here.
/// </summary>
internal sealed class AbsentQueues
{
    /// <summary>The first wait; each is twice the one before.</summary>
    public static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(15);

    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(30);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (DateTimeOffset Until, TimeSpan Wait)> absent = [];

    /// <summary>Whether the queue is to be asked for now.</summary>
    public bool IsDue(string queue, DateTimeOffset now)
    {
        lock (gate)
        {
            return !absent.TryGetValue(queue, out var answer) || answer.Until <= now;
        }
    }

    /// <summary>Keeps what the broker said.</summary>
    public void Told(string queue, bool isThere, DateTimeOffset now)
    {
        lock (gate)
        {
            if (isThere)
            {
                absent.Remove(queue);
                return;
            }

            var wait = !absent.TryGetValue(queue, out var before) ? ShortestWait
                : before.Wait * 2 < LongestWait ? before.Wait * 2
                : LongestWait;
            absent[queue] = (now + wait, wait);
        }
    }

    /// <summary>Something failed, so that any of them may be there by now or soon.</summary>
    public void Suspect()
    {
        lock (gate)
        {
            absent.Clear();
        }
    }
}
