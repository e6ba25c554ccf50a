using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>Holds access keys to their limits: over all replicas while Redis answers, else each replica to its share.</summary>
/// <param name="shared">The accounts of all replicas.</param>
/// <param name="local">The accounts of this one.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessKeyLimiter(RedisLimits shared, LocalLimits local, TimeProvider time)
{
    private readonly ILimitStore alone = new Alone(shared, local, time);

    /// <summary>Lets a request in and reserves what it asks for, or says which limit refuses it.</summary>
    /// <param name="demand">What it asks for.</param>
    /// <returns>The verdict, and where it is to be settled.</returns>
    public ValueTask<(LimitVerdict Verdict, ILimitStore Account)> ReserveAsync(in LimitDemand demand) =>
        shared.TryTake(demand, out var verdict) ? new((verdict, shared)) : AskAsync(demand);

    private async ValueTask<(LimitVerdict Verdict, ILimitStore Account)> AskAsync(LimitDemand demand)
    {
        if (shared.IsThere)
        {
            try
            {
                var verdict = await shared.ReserveAsync(demand).ConfigureAwait(false);
                Reconcile(demand.Key);
                return (verdict, shared);
            }
            catch (UnaskedException)
            {
                // This replica decides alone.
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                // It may have been let in there after all; what it holds is given back, and this replica decides alone.
                shared.Settle(demand, 0, 0);
            }
        }

        return (await alone.ReserveAsync(demand).ConfigureAwait(false), alone);
    }

    /// <summary>Lets the accounts of all replicas know what this one has let in without them, now that they answer again.</summary>
    public void Reconcile()
    {
        foreach (var key in local.Keys)
        {
            Reconcile(key);
        }
    }

    private void Reconcile(Guid key)
    {
        if (local.Close(key) is var (limits, spent))
        {
            shared.Owe(key, limits, spent);
        }
    }

    /// <summary>This replica's own account; what is settled after it was closed goes where it went.</summary>
    private sealed class Alone(RedisLimits shared, LocalLimits local, TimeProvider time) : ILimitStore
    {
        public ValueTask<LimitVerdict> ReserveAsync(LimitDemand demand) => ValueTask.FromResult(local.Reserve(demand));

        public void Settle(in LimitDemand demand, long tokens, long cost)
        {
            if (!local.TrySettle(demand, tokens, cost))
            {
                var (now, moreTokens, moreCost) = (time.GetUtcNow(), tokens - demand.Tokens, cost - demand.Cost);
                shared.Owe(demand.Key, demand.Limits, new Spent(0, Spent.DayOf(now), 0, moreTokens, moreCost, Spent.MonthOf(now), moreTokens, moreCost));
            }
        }
    }
}
