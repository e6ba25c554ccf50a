using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>
/// Brings demands and settlements to Redis together: what comes while two commands are on their way leaves with the next one. A settlement that holds
/// nobody up waits a moment for a demand to go with.
/// </summary>
/// <param name="ask">Runs the script over keys and values; fails within the time a request may be kept waiting.</param>
/// <param name="apart">Whether a command may hold one access key only, as in a cluster.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitBatches(Func<RedisKey[], RedisValue[], Task<byte[]>> ask, Func<bool> apart, TimeProvider time)
{
    private const int MostInFlight = 2;
    private const int MostTogether = 128;
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(20);

    private readonly Queue<Entry> waiting = [];
    private int inFlight;
    private bool lingers;

    /// <summary>Asks for a verdict.</summary>
    /// <exception cref="RedisException">Redis does not answer.</exception>
    /// <exception cref="TimeoutException">It does not answer in time.</exception>
    public Task<LimitVerdict> ReserveAsync(in LimitDemand demand)
    {
        TaskCompletionSource<LimitVerdict> verdict = new();
        Add(new Entry(demand.Key, PackedLimits.Reserve(demand), verdict), isUrgent: true);
        return verdict.Task;
    }

    /// <summary>Leaves a settlement. Urgent is one that gives back a place at the same time: somebody may be refused for it.</summary>
    /// <param name="demand">What was reserved.</param>
    /// <param name="tokens">Tokens used.</param>
    /// <param name="cost">What it cost, in millionths of a US dollar.</param>
    public void Settle(in LimitDemand demand, long tokens, long cost) =>
        Add(new Entry(demand.Key, PackedLimits.Settle(demand, tokens, cost), null), isUrgent: demand.Limits.Concurrency is not null);

    private void Add(Entry entry, bool isUrgent)
    {
        lock (waiting)
        {
            waiting.Enqueue(entry);
            if (!isUrgent)
            {
                if (!lingers)
                {
                    lingers = true;
                    _ = SendLaterAsync();
                }

                return;
            }

            if (inFlight == MostInFlight)
            {
                return;
            }

            inFlight++;
        }

        _ = SendAsync();
    }

    private async Task SendLaterAsync()
    {
        await Task.Delay(Linger, time).ConfigureAwait(false);
        lock (waiting)
        {
            lingers = false;
            if (waiting.Count == 0 || inFlight == MostInFlight)
            {
                return;
            }

            inFlight++;
        }

        await SendAsync().ConfigureAwait(false);
    }

    private async Task SendAsync()
    {
        while (Take() is { } batch)
        {
            try
            {
                Answer(batch, await ask(batch.Keys, batch.Values).ConfigureAwait(false));
            }
            catch (Exception e)
            {
                Fail(batch, e);
            }
        }
    }

    /// <summary>What goes next; null when nothing waits, and then the sender is done.</summary>
    private Batch? Take()
    {
        lock (waiting)
        {
            if (waiting.Count == 0)
            {
                inFlight--;
                return null;
            }

            var isAlone = apart();
            var entries = new List<Entry>(Math.Min(waiting.Count, MostTogether));
            while (entries.Count < MostTogether && waiting.TryPeek(out var next) && (!isAlone || entries.Count == 0 || entries[0].Key == next.Key))
            {
                entries.Add(waiting.Dequeue());
            }

            return Batch.Of(entries);
        }
    }

    private void Answer(Batch batch, byte[] verdicts)
    {
        var next = 0;
        foreach (var entry in batch.Entries)
        {
            if (entry.Verdict is { } waits)
            {
                Complete((waits, PackedLimits.Verdict(verdicts, next++)), batch.Entries.Count == 1);
            }
        }
    }

    /// <summary>One request goes on right here; many share the threads there are.</summary>
    private static void Complete((TaskCompletionSource<LimitVerdict> Waits, LimitVerdict Verdict) answer, bool isOnly)
    {
        if (isOnly)
        {
            answer.Waits.TrySetResult(answer.Verdict);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static answer => answer.Waits.TrySetResult(answer.Verdict), answer, preferLocal: false);
        }
    }

    /// <summary>Those behind a silence would wait for it too; what they ask is decided elsewhere. Settlements are tried again with the next command.</summary>
    private void Fail(Batch batch, Exception e)
    {
        List<Entry> failed = [.. batch.Entries];
        if (e is TimeoutException)
        {
            lock (waiting)
            {
                for (var count = waiting.Count; count > 0; count--)
                {
                    var entry = waiting.Dequeue();
                    if (entry.Verdict is null)
                    {
                        waiting.Enqueue(entry);
                    }
                    else
                    {
                        failed.Add(entry);
                    }
                }
            }
        }

        foreach (var entry in failed)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static failure => failure.Verdict?.TrySetException(failure.Reason), (entry.Verdict, Reason: e), preferLocal: false);
        }
    }

    private sealed record Entry(Guid Key, byte[] Packed, TaskCompletionSource<LimitVerdict>? Verdict);

    private sealed record Batch(List<Entry> Entries, RedisKey[] Keys, RedisValue[] Values)
    {
        public static Batch Of(List<Entry> entries)
        {
            var (keys, values) = (new RedisKey[2 * entries.Count], new RedisValue[entries.Count]);
            for (var i = 0; i < entries.Count; i++)
            {
                (keys[2 * i], keys[(2 * i) + 1]) = LimitKeys.Of(entries[i].Key);
                values[i] = entries[i].Packed;
            }

            return new Batch(entries, keys, values);
        }
    }
}
