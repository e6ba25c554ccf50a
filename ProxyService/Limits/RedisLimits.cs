using System.Collections.Concurrent;
using GeminiBalance.Contracts;
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
    private readonly ConcurrentDictionary<Guid, LimitTab> tabs = new();
    private readonly IOptionsMonitor<LimitsOptions> options;
    private readonly TimeProvider time;
    private readonly LimitBatches batches;
    private long silentSince;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="services">Make the connection when it is first needed.</param>
    /// <param name="options">How long Redis is waited for.</param>
    /// <param name="memory">What is known to be spent.</param>
    /// <param name="time">The clock.</param>
    public RedisLimits(IServiceProvider services, IOptionsMonitor<LimitsOptions> options, LimitMemory memory, TimeProvider time)
    {
        connection = new(() => RedisConnecting.Begin(services));
        batches = new LimitBatches(AskAsync, () => Multiplexer?.GetServers().Any(server => server.ServerType == ServerType.Cluster) == true, memory, time);
        (this.options, this.time) = (options, time);
    }

    /// <summary>Whether Redis can be asked now.</summary>
    public bool IsThere => Database is not null && !IsResting;

    /// <summary>Whether nothing is on its way to the accounts; while Redis answers they have then been told everything.</summary>
    public bool IsTold => batches.IsIdle;

    private bool IsResting => Volatile.Read(ref silentSince) is var since and not 0 && time.GetElapsedTime(since) < Rest;

    private IConnectionMultiplexer? Multiplexer => connection.Value is { IsCompletedSuccessfully: true, Result: { IsConnected: true } redis } ? redis : null;

    private IDatabase? Database => Multiplexer?.GetDatabase();

    /// <summary>Lets a request in on what the account said a moment ago, while its limits are far; the account is told soon.</summary>
    public bool TryTake(in LimitDemand demand, out LimitVerdict verdict)
    {
        var tab = TabOf(demand.Key);
        if (!tab.TryTake(demand, time, out verdict, out var isFirst))
        {
            return false;
        }

        if (isFirst)
        {
            batches.Tell(tab, isUrgent: false);
        }

        return true;
    }

    /// <inheritdoc />
    /// <exception cref="RedisException">Redis does not answer.</exception>
    /// <exception cref="TimeoutException">Redis is away, or does not answer in time.</exception>
    public async ValueTask<LimitVerdict> ReserveAsync(LimitDemand demand) => await batches.ReserveAsync(TabOf(demand.Key), demand).ConfigureAwait(false);

    /// <inheritdoc />
    public void Settle(in LimitDemand demand, long tokens, long cost)
    {
        var tab = TabOf(demand.Key);
        var (isFirst, isUrgent) = tab.Settle(demand, tokens, cost);
        if (isFirst)
        {
            batches.Tell(tab, isUrgent);
        }
        else if (isUrgent)
        {
            batches.Hurry();
        }
    }

    /// <summary>Lets an account know what was spent of days and months without it.</summary>
    /// <param name="key">The access key.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="alone">What was spent.</param>
    public void Owe(Guid key, AccessKeyLimits limits, in Spent alone)
    {
        var tab = TabOf(key);
        if (LimitMemory.Concerns(limits) && tab.Owe(limits, alone))
        {
            batches.Tell(tab, isUrgent: false);
        }
    }

    /// <summary>Tells the accounts at once what they do not know yet.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        while (!IsTold && !cancellationToken.IsCancellationRequested)
        {
            batches.Hurry();
            await Task.Delay(TimeSpan.FromMilliseconds(5), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Says that this replica is there, and counts those that are; renews what it holds, and tells what no request has told since.</summary>
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
            foreach (var tab in tabs.Values)
            {
                if (tab.HasNews())
                {
                    batches.Tell(tab, isUrgent: false);
                }

                if (tab.Held() is { Length: > 0 } held)
                {
                    await database.ScriptEvaluateAsync(LimitScripts.Renew, [tab.Names.Leases], [LimitScripts.LeaseMs, .. held.Select(lease => (RedisValue)lease.ToString("N"))]).ConfigureAwait(false);
                }
            }

            return batches.Replicas = (int)await database.SortedSetLengthAsync(Replicas).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return null;
        }
    }

    private LimitTab TabOf(Guid key) => tabs.GetOrAdd(key, static key => new LimitTab(key));

    private async Task<byte[]?> AskAsync(RedisKey[] keys, RedisValue[] values)
    {
        if (Database is not { } database)
        {
            return null;
        }

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
