using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>Holds access keys to their limits: over all replicas while Redis answers, else each replica to its share.</summary>
/// <param name="shared">The accounts of all replicas.</param>
/// <param name="local">The accounts of this one.</param>
internal sealed class AccessKeyLimiter(RedisLimits shared, LocalLimits local)
{
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
                return (await shared.ReserveAsync(demand).ConfigureAwait(false), shared);
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

        return (await local.ReserveAsync(demand).ConfigureAwait(false), local);
    }
}
