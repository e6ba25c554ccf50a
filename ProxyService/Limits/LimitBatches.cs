using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>
/// Brings demands and news to Redis together: what comes while two commands are on their way leaves with the next one. News that hold nobody up wait a
/// moment for others, and for a demand to go with.
/// </summary>
/// <param name="ask">Runs the script over keys and values; null when Redis is away, else it fails within the time a request may be kept waiting.</param>
/// <param name="apart">Whether a command may hold one access key only, as in a cluster.</param>
/// <param name="memory">What is known to be spent.</param>
/// <param name="time">The clock.</param>
internal sealed class LimitBatches(Func<RedisKey[], RedisValue[], Task<byte[]?>> ask, Func<bool> apart, LimitMemory memory, TimeProvider time)
{
    private const int MostInFlight = 2;
    private const int MostTogether = 128;
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(20);

    private readonly Queue<Entry> waiting = [];
    private int inFlight;
    private bool lingers;
    private volatile int replicas;

    /// <summary>How many replicas go by the accounts; 0 when that is not known.</summary>
    public int Replicas { get => replicas; set => replicas = value; }

    /// <summary>Whether nothing waits and nothing is on its way.</summary>
    public bool IsIdle
    {
        get
        {
            lock (waiting)
            {
                return waiting.Count == 0 && inFlight == 0;
            }
        }
    }

    /// <summary>Asks for a verdict; what the account has not been told yet goes first.</summary>
    /// <exception cref="RedisException">Redis does not answer.</exception>
    /// <exception cref="TimeoutException">It is away, or does not answer in time.</exception>
    public Task<LimitVerdict> ReserveAsync(LimitTab tab, in LimitDemand demand)
    {
        Entry entry = new(tab, demand, new TaskCompletionSource<LimitVerdict>());
        Add(tab.HasNews() ? new Entry(tab, null, null) : null, entry, isUrgent: true);
        return entry.Verdict!.Task;
    }

    /// <summary>Lets an account be told what it does not know yet.</summary>
    /// <param name="tab">What it is told.</param>
    /// <param name="isUrgent">Whether somebody may be refused until then.</param>
    public void Tell(LimitTab tab, bool isUrgent) => Add(new Entry(tab, null, null), null, isUrgent);

    /// <summary>Lets what waits go at once.</summary>
    public void Hurry() => Add(null, null, isUrgent: true);

    private void Add(Entry? news, Entry? demand, bool isUrgent)
    {
        lock (waiting)
        {
            foreach (var entry in (ReadOnlySpan<Entry?>)[news, demand])
            {
                if (entry is not null)
                {
                    waiting.Enqueue(entry);
                }
            }

            if (!isUrgent)
            {
                if (!lingers)
                {
                    lingers = true;
                    _ = SendLaterAsync();
                }

                return;
            }

            if (inFlight == MostInFlight || waiting.Count == 0)
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
                if (await ask(batch.Keys, batch.Values).ConfigureAwait(false) is { } verdicts)
                {
                    Answer(batch, verdicts);
                    continue;
                }

                Fail(batch, new UnaskedException());
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
            while (entries.Count < MostTogether && waiting.TryPeek(out var next) && (!isAlone || entries.Count == 0 || entries[0].Tab == next.Tab))
            {
                entries.Add(waiting.Dequeue());
            }

            return Packed(entries);
        }
    }

    private Batch Packed(List<Entry> entries)
    {
        Batch batch = new(entries, new RedisKey[2 * entries.Count], new RedisValue[entries.Count], []);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            (batch.Keys[2 * i], batch.Keys[(2 * i) + 1]) = entry.Tab.Names;
            if (entry.Demand is { } demand)
            {
                batch.Values[i] = PackedLimits.Reserve(demand, Known(entry.Tab, demand.Limits));
            }
            else
            {
                var (limits, news) = entry.Tab.Take();
                entry.Limits = limits;
                batch.Told.Add((entry, news));
                batch.Values[i] = PackedLimits.Tell(news, limits, Known(entry.Tab, limits));
            }
        }

        return batch;
    }

    private Spent Known(LimitTab tab, AccessKeyLimits limits) => LimitMemory.Concerns(limits) ? memory.Of(tab.Key) : default;

    private void Answer(Batch batch, byte[] verdicts)
    {
        for (var i = 0; i < batch.Entries.Count; i++)
        {
            var (entry, verdict) = (batch.Entries[i], PackedLimits.Verdict(verdicts, i));
            entry.Tab.Answered(verdict, entry.Limits!, entry.Demand?.Lease, replicas, time);
            if (LimitMemory.Concerns(entry.Limits!))
            {
                memory.Remember(entry.Tab.Key, verdict.Spent);
            }

            if (entry.Verdict is { } waits)
            {
                Complete((waits, verdict), batch.Entries.Count == 1);
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

    /// <summary>Those behind a silence would wait for it too; what they ask is decided elsewhere. News are told with the next command, unless they may have arrived.</summary>
    private void Fail(Batch batch, Exception e)
    {
        var isUnsent = e is UnaskedException or RedisConnectionException { CommandStatus: CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog };
        foreach (var (entry, news) in batch.Told)
        {
            if (isUnsent)
            {
                entry.Tab.Untold(news);
            }
            else
            {
                entry.Tab.Unsure(news);
            }
        }

        List<(Entry Entry, Exception Reason)> failed = [.. batch.Entries.Select(entry => (entry, e))];
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
                        failed.Add((entry, new UnaskedException()));
                    }
                }
            }
        }

        foreach (var (entry, reason) in failed)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static failure => failure.Verdict?.TrySetException(failure.Reason), (entry.Verdict, Reason: reason), preferLocal: false);
        }
    }

    private sealed record Entry(LimitTab Tab, LimitDemand? Demand, TaskCompletionSource<LimitVerdict>? Verdict)
    {
        /// <summary>The limits it goes by.</summary>
        public AccessKeyLimits? Limits { get; set; } = Demand?.Limits;
    }

    private sealed record Batch(List<Entry> Entries, RedisKey[] Keys, RedisValue[] Values, List<(Entry Entry, LimitNews News)> Told);
}
