namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>
/// How many calls this replica may add to what its clients ask for: a share of the requests of the last ten seconds, and always a few. In a full outage the
/// upstream is asked little more than without a gateway (as Envoy's retry budget does).
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RetryBudget(TimeProvider time)
{
    /// <summary>Calls that are always allowed within the window.</summary>
    public const int Least = 3;

    private const double Share = 0.2;
    private const int Slots = 10;

    private readonly Lock gate = new();
    private readonly (long Second, int Requests, int Retries)[] slots = new (long, int, int)[Slots];

    /// <summary>A client's request begins.</summary>
    public void Began()
    {
        lock (gate)
        {
            SlotNow().Requests++;
        }
    }

    /// <summary>Takes a further call out of the budget.</summary>
    /// <returns>False when there is none left.</returns>
    public bool TryTake()
    {
        lock (gate)
        {
            ref var now = ref SlotNow();
            var (requests, retries) = (0, 0);
            foreach (var slot in slots)
            {
                if (slot.Second > now.Second - Slots)
                {
                    requests += slot.Requests;
                    retries += slot.Retries;
                }
            }

            if (retries >= Math.Max(Least, requests * Share))
            {
                return false;
            }

            now.Retries++;
            return true;
        }
    }

    private ref (long Second, int Requests, int Retries) SlotNow()
    {
        var second = time.GetTimestamp() / time.TimestampFrequency;
        ref var slot = ref slots[second % Slots];
        if (slot.Second != second)
        {
            slot = (second, 0, 0);
        }

        return ref slot;
    }
}
