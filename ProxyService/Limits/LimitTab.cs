using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>
/// What this replica has of one access key's account: what the account said last, what may be let in on the strength of it without asking, and what the
/// account has not been told yet. Thread-safe.
/// </summary>
/// <param name="key">The access key.</param>
internal sealed class LimitTab(Guid key)
{
    /// <summary>
    /// How long the word of an account is good for. However old it is, it lets in no more than its <see cref="Headroom"/> before the account answers again; what ages is
    /// the number of replicas, and what clients are told to be left.
    /// </summary>
    internal static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly HashSet<Guid> held = [];
    private AccessKeyLimits? limits;
    private LimitVerdict last;
    private Headroom ahead;
    private long answeredAt;
    private long requestsSince;
    private long tokensSince;
    private LimitNews news = new();
    private bool waits;

    /// <summary>The access key.</summary>
    public Guid Key => key;

    /// <summary>Its keys in Redis.</summary>
    public (RedisKey Hash, RedisKey Leases) Names { get; } = LimitKeys.Of(key);

    /// <summary>Lets a request in without asking, while the account has answered lately and its limits are far.</summary>
    /// <param name="demand">What the request asks for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="verdict">What the account would say.</param>
    /// <param name="isFirst">Whether it is the first the account is to be told: then it has to be told.</param>
    public bool TryTake(in LimitDemand demand, TimeProvider time, out LimitVerdict verdict, out bool isFirst)
    {
        lock (gate)
        {
            (verdict, isFirst) = (default, false);
            var age = time.GetElapsedTime(answeredAt);
            if (limits is null || !(ReferenceEquals(limits, demand.Limits) || limits == demand.Limits) || !ahead.Holds(demand) || age >= Fresh)
            {
                return false;
            }

            ahead = ahead.Less(1, demand.Tokens, demand.Cost);
            if (limits.Concurrency is not null)
            {
                ahead = ahead with { Places = ahead.Places - 1 };
                news.Taken.Add(demand.Lease);
            }

            news.Add(1, demand.Tokens, demand.Cost);
            requestsSince++;
            tokensSince += demand.Tokens;
            verdict = last.After(age, requestsSince, tokensSince, demand);
            isFirst = Wait();
            return true;
        }
    }

    /// <summary>Puts what was used in the place of what was reserved.</summary>
    /// <returns>Whether it is the first the account is to be told, and whether somebody may be refused until it is.</returns>
    public (bool IsFirst, bool IsUrgent) Settle(in LimitDemand demand, long tokens, long cost)
    {
        lock (gate)
        {
            var (moreTokens, moreCost) = (tokens - demand.Tokens, cost - demand.Cost);
            limits ??= demand.Limits;
            news.Add(0, moreTokens, moreCost);
            ahead = ahead.Less(0, moreTokens, moreCost);
            tokensSince += moreTokens;
            var isUrgent = false;
            if (demand.Limits.Concurrency is not null)
            {
                if (news.Taken.Remove(demand.Lease))
                {
                    ahead = ahead with { Places = ahead.Places + 1 };
                }
                else
                {
                    held.Remove(demand.Lease);
                    news.Given.Add(demand.Lease);
                    isUrgent = ahead.Places < 1;
                }
            }

            return (Wait(), isUrgent);
        }
    }

    /// <summary>Takes note of what was spent of days and months without the account.</summary>
    /// <returns>Whether it is the first the account is to be told.</returns>
    public bool Owe(AccessKeyLimits by, in Spent alone)
    {
        lock (gate)
        {
            limits ??= by;
            news.Add(alone);
            return Wait();
        }
    }

    /// <summary>Whether there is something to tell for which nobody cares yet; whoever asks has to.</summary>
    public bool HasNews()
    {
        lock (gate)
        {
            return !news.IsEmpty && Wait();
        }
    }

    /// <summary>What the account is to be told, once.</summary>
    public (AccessKeyLimits Limits, LimitNews News) Take()
    {
        lock (gate)
        {
            var told = news;
            held.UnionWith(told.Taken);
            (news, waits) = (new LimitNews(), false);
            return (limits!, told);
        }
    }

    /// <summary>Takes back what the account may not have heard, as far as it does no harm to say it twice: places are given back again, but nothing is counted again.</summary>
    public void Unsure(LimitNews doubtful)
    {
        lock (gate)
        {
            news.Given.AddRange(doubtful.Given);
        }
    }

    /// <summary>Takes back what the account could not be told.</summary>
    public void Untold(LimitNews untold)
    {
        lock (gate)
        {
            news.Add(untold.Requests, untold.Tokens, untold.Cost);
            news.Add(untold.Alone);
            news.Given.AddRange(untold.Given);
            foreach (var lease in untold.Taken)
            {
                // One that ended meanwhile is among those given back.
                if (held.Remove(lease))
                {
                    news.Taken.Add(lease);
                }
            }
        }
    }

    /// <summary>Takes over what the account says.</summary>
    /// <param name="verdict">Its word.</param>
    /// <param name="by">The limits it went by.</param>
    /// <param name="lease">The place it gave, if any.</param>
    /// <param name="replicas">How many replicas go by it; 0 when that is not known.</param>
    /// <param name="time">The clock.</param>
    public void Answered(in LimitVerdict verdict, AccessKeyLimits by, Guid? lease, int replicas, TimeProvider time)
    {
        lock (gate)
        {
            (limits, last, answeredAt) = (by, verdict, time.GetTimestamp());
            (requestsSince, tokensSince) = (news.Requests, news.Tokens);
            ahead = Headroom.Of(verdict, by, replicas).Less(news.Requests, news.Tokens, news.Cost);
            if (by.Concurrency is not null)
            {
                ahead = ahead with { Places = ahead.Places - news.Taken.Count };
                if (lease is { } place && verdict.Reached == LimitKind.None)
                {
                    held.Add(place);
                }
            }
        }
    }

    /// <summary>The places it holds in Redis.</summary>
    public Guid[] Held()
    {
        lock (gate)
        {
            return [.. held];
        }
    }

    private bool Wait()
    {
        var isFirst = !waits;
        waits = true;
        return isFirst;
    }
}
