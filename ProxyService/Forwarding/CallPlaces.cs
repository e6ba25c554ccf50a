namespace GeminiBalance.ProxyService.Forwarding;

/// <summary>Places for calls. How many there are is said whenever one is taken or given back, so that it may change while calls are under way: they keep theirs, and count.</summary>
internal sealed class CallPlaces
{
    private readonly Lock gate = new();
    private readonly LinkedList<TaskCompletionSource> waiting = [];
    private int taken;

    /// <summary>Takes a place if one is free.</summary>
    /// <param name="most">How many there are.</param>
    public bool TryTake(int most)
    {
        lock (gate)
        {
            // Who waits already comes first.
            if (taken >= most || waiting.Count > 0)
            {
                return false;
            }

            taken++;
            return true;
        }
    }

    /// <summary>Takes a place, and waits for one if need be.</summary>
    /// <param name="most">How many there are.</param>
    /// <param name="mostWaiting">How many may wait.</param>
    /// <param name="patience">The longest wait.</param>
    /// <param name="client">Ends when the client goes away.</param>
    /// <returns>Whether a place was taken.</returns>
    public ValueTask<bool> TakeAsync(int most, int mostWaiting, TimeSpan patience, CancellationToken client)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (gate)
        {
            if (taken < most && waiting.Count == 0)
            {
                taken++;
                return new(true);
            }

            if (waiting.Count >= mostWaiting)
            {
                return new(false);
            }

            place = waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        return WaitAsync(place, patience, client);
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="most">How many there are.</param>
    public void Return(int most)
    {
        lock (gate)
        {
            taken--;
            while (taken < most && waiting.First is { } next)
            {
                taken++;
                waiting.Remove(next);
                next.Value.SetResult();
            }
        }
    }

    private async ValueTask<bool> WaitAsync(LinkedListNode<TaskCompletionSource> place, TimeSpan patience, CancellationToken client)
    {
        try
        {
            await place.Value.Task.WaitAsync(patience, client).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (gate)
            {
                if (place.List is null)
                {
                    // It was given just now.
                    return true;
                }

                waiting.Remove(place);
                return false;
            }
        }
    }
}
