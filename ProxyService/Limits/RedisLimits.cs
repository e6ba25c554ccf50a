using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>The accounts in Redis, which all replicas share: at most one round trip before a request, and nobody waits for what comes after it.</summary>
internal sealed class RedisLimits : ILimitStore
{
    private const string Replicas = "gb:limits-replicas";
    private static readonly TimeSpan ReplicaGone = TimeSpan.FromSeconds(15);

    /// <summary>How long Redis is left alone once it was silent.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly Lazy<Task<IConnectionMultiplexer>> connection;
    private readonly ConcurrentDictionary<Guid, Guid> leases = new();
    private readonly IOptionsMonitor<LimitsOptions> options;
    private readonly TimeProvider time;
    private readonly LimitBatches batches;
    private long silentSince;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="services">Make the connection when it is first needed.</param>
    /// <param name="options">How long Redis is waited for.</param>
    /// <param name="time">The clock.</param>
    public RedisLimits(IServiceProvider services, IOptionsMonitor<LimitsOptions> options, TimeProvider time)
    {
        // Connecting blocks for as long as Redis is silent: elsewhere, and nobody waits for it.
        connection = new(() => Task.Run(services.GetRequiredService<IConnectionMultiplexer>));
        batches = new LimitBatches(AskAsync, () => Multiplexer?.GetServers().Any(server => server.ServerType == ServerType.Cluster) == true, time);
        (this.options, this.time) = (options, time);
    }

    /// <summary>Whether Redis can be asked now.</summary>
    public bool IsThere => Database is not null && !IsResting;

    private bool IsResting => Volatile.Read(ref silentSince) is var since and not 0 && time.GetElapsedTime(since) < Rest;

    private IConnectionMultiplexer? Multiplexer => connection.Value is { IsCompletedSuccessfully: true, Result: { IsConnected: true } redis } ? redis : null;

    private IDatabase? Database => Multiplexer?.GetDatabase();

    /// <inheritdoc />
    /// <exception cref="RedisException">Redis does not answer.</exception>
    /// <exception cref="TimeoutException">Redis is away, or does not answer in time.</exception>
    public async ValueTask<LimitVerdict> ReserveAsync(LimitDemand demand)
    {
        var verdict = await batches.ReserveAsync(demand).ConfigureAwait(false);
        if (verdict.Reached == LimitKind.None && demand.Limits.Concurrency is not null)
        {
            leases[demand.Lease] = demand.Key;
        }

        return verdict;
    }

    /// <inheritdoc />
    public void Settle(in LimitDemand demand, long tokens, long cost)
    {
        leases.TryRemove(demand.Lease, out _);
        if (Multiplexer is not null)
        {
            batches.Settle(demand, tokens, cost);
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
                await database.ScriptEvaluateAsync(LimitScripts.Renew, [LimitKeys.Of(held.Key).Leases], [LimitScripts.LeaseMs, .. held.Select(lease => (RedisValue)lease.Key.ToString("N"))]).ConfigureAwait(false);
            }

            return (int)await database.SortedSetLengthAsync(Replicas).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return null;
        }
    }

    private async Task<byte[]> AskAsync(RedisKey[] keys, RedisValue[] values)
    {
        var database = Database ?? throw new TimeoutException("Redis is away.");
        try
        {
            var answer = await RunAsync(database, keys, values).WaitAsync(TimeSpan.FromMilliseconds(options.CurrentValue.PatienceMilliseconds)).ConfigureAwait(false);
            Volatile.Write(ref silentSince, 0);
            return (byte[]?)answer ?? [];
        }
        catch (TimeoutException)
        {
            Volatile.Write(ref silentSince, time.GetTimestamp());
            throw;
        }
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
}
