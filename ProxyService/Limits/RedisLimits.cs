using System.Collections.Concurrent;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>The accounts in Redis, which all replicas share: one round trip before a request, and one command after it that nobody waits for.</summary>
/// <param name="services">Make the connection when it is first needed.</param>
internal sealed class RedisLimits(IServiceProvider services) : ILimitStore
{
    private const string Prefix = "gb:limits:";
    private const string Replicas = "gb:limits-replicas";
    private static readonly TimeSpan ReplicaGone = TimeSpan.FromSeconds(15);

    /// <summary>Connecting blocks for as long as Redis is silent: elsewhere, and nobody waits for it.</summary>
    private readonly Lazy<Task<IConnectionMultiplexer>> connection = new(() => Task.Run(services.GetRequiredService<IConnectionMultiplexer>));
    private readonly ConcurrentDictionary<Guid, Guid> leases = new();

    /// <summary>Whether Redis can be asked now.</summary>
    public bool IsThere => Database is not null;

    private IDatabase? Database => connection.Value is { IsCompletedSuccessfully: true, Result: { IsConnected: true } redis } ? redis.GetDatabase() : null;

    /// <inheritdoc />
    /// <exception cref="RedisException">Redis does not answer.</exception>
    /// <exception cref="TimeoutException">Redis is away, or does not answer in time.</exception>
    public ValueTask<LimitVerdict> ReserveAsync(in LimitDemand demand) => Database is { } database ? new(AskAsync(database, demand)) : throw new TimeoutException("Redis is away.");

    /// <inheritdoc />
    public void Settle(in LimitDemand demand, long tokens, long cost)
    {
        leases.TryRemove(demand.Lease, out _);
        try
        {
            Database?.ScriptEvaluate(
                LimitScripts.AccountsName,
                KeysOf(demand.Key),
                [tokens - demand.Tokens, cost - demand.Cost, demand.Lease.ToString("N"), demand.Limits.TokensPerMinute ?? 0],
                CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // The connection went away in between: what was reserved stays used, and the lease ends by itself.
        }
    }

    /// <summary>Says that this replica is there, and counts those that are; renews what it holds.</summary>
    /// <param name="replica">Its name.</param>
    /// <returns>How many replicas are there; null when Redis does not answer.</returns>
    public async Task<int?> AnnounceAsync(string replica)
    {
        try
        {
            var redis = await connection.Value.ConfigureAwait(false);
            var database = redis.GetDatabase();
            var now = DateTimeOffset.FromUnixTimeMilliseconds((long)await database.ScriptEvaluateAsync("local t = redis.call('TIME') return t[1] * 1000").ConfigureAwait(false));
            await database.SortedSetAddAsync(Replicas, replica, now.ToUnixTimeMilliseconds()).ConfigureAwait(false);
            await database.SortedSetRemoveRangeByScoreAsync(Replicas, double.NegativeInfinity, (now - ReplicaGone).ToUnixTimeMilliseconds()).ConfigureAwait(false);
            foreach (var held in leases.ToArray().GroupBy(lease => lease.Value))
            {
                await database.ScriptEvaluateAsync(LimitScripts.Renew, [KeysOf(held.Key)[1]], [LimitScripts.LeaseMs, .. held.Select(lease => (RedisValue)lease.Key.ToString("N"))]).ConfigureAwait(false);
            }

            return (int)await database.SortedSetLengthAsync(Replicas).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return null;
        }
    }

    private async Task<LimitVerdict> AskAsync(IDatabase database, LimitDemand demand)
    {
        var limits = demand.Limits;
        var keys = KeysOf(demand.Key);
        RedisValue[] values =
        [
            limits.RequestsPerMinute ?? 0, limits.TokensPerMinute ?? 0, limits.RequestsPerDay ?? 0, limits.TokensPerDay ?? 0, limits.TokensPerMonth ?? 0,
            Micros(limits.CostPerDay), Micros(limits.CostPerMonth), limits.Concurrency ?? 0, demand.Tokens, demand.Cost, demand.Lease.ToString("N"), LimitScripts.LeaseMs,
        ];
        var answer = (long[])(await RunAsync(database, keys, values).ConfigureAwait(false))!;
        if (answer[0] == 0 && limits.Concurrency is not null)
        {
            leases[demand.Lease] = demand.Key;
        }

        return new LimitVerdict(
            (LimitKind)answer[0],
            TimeSpan.FromMilliseconds(answer[1]),
            answer[2] < 0 ? null : answer[2],
            TimeSpan.FromMilliseconds(answer[3]),
            answer[4] < 0 ? null : answer[4],
            TimeSpan.FromMilliseconds(answer[5]));
    }

    /// <summary>By its name, which is short; a Redis that does not know it yet gets the script itself.</summary>
    private static async Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(LimitScripts.AccountsName, keys, values).ConfigureAwait(false);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ScriptEvaluateAsync(LimitScripts.Accounts, keys, values).ConfigureAwait(false);
        }
    }

    private static long Micros(decimal? dollars) => dollars is { } amount ? Math.Max(1, (long)(amount * 1_000_000)) : 0;

    /// <summary>The braces keep both on one node of a cluster.</summary>
    private static RedisKey[] KeysOf(Guid key) => [$"{Prefix}{{{key:N}}}", $"{Prefix}{{{key:N}}}:leases"];
}
