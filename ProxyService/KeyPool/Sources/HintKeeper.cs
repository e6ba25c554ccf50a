using System.Text.Json;
using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>Where replicas tell each other what they have just seen of keys.</summary>
internal interface IPoolHints
{
    /// <summary>Tells. Returns at once; without Redis nobody hears of it.</summary>
    /// <param name="key">The key that failed.</param>
    /// <param name="status">As what it is kept out.</param>
    /// <param name="model">The model; null for all.</param>
    /// <param name="duration">For how long.</param>
    void Tell(PooledKey key, KeyStatus status, string? model, TimeSpan duration);
}

/// <summary>
/// Hints over Redis: written and published without waiting, heard by all other replicas, and read by those that start while they hold. Without Redis every replica
/// protects itself by what it sees.
/// </summary>
/// <param name="pool">The pool.</param>
/// <param name="services">Make the connection when it is first needed.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class HintKeeper(LivePool pool, IServiceProvider services, TimeProvider time, ILogger<HintKeeper> logger) : BackgroundService, IPoolHints
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>A hint that KeyHealthService does not confirm must not outlive the fault by much.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>For a replica that starts: what is older was heard by KeyHealthService, and stands in the snapshot, or was lifted.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly Lazy<Task<IConnectionMultiplexer>> connection = new(() => RedisConnecting.Begin(services));
    private readonly Guid me = Guid.CreateVersion7(time.GetUtcNow());
    private readonly TaskCompletionSource listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool subscribed;

    /// <summary>Done when the other replicas are heard.</summary>
    internal Task Listening => listening.Task;

    private IConnectionMultiplexer? Redis => connection.Value is { IsCompletedSuccessfully: true, Result: { IsConnected: true } redis } ? redis : null;

    /// <inheritdoc />
    public void Tell(PooledKey key, KeyStatus status, string? model, TimeSpan duration)
    {
        if (pool.View is not { } view || Redis is not { } redis)
        {
            return;
        }

        var now = time.GetUtcNow();
        var until = now + (duration < Longest ? duration : Longest);
        var hint = JsonSerializer.SerializeToUtf8Bytes(new PoolHint(view.Epoch, me, key.Id, status, model, until), ContractsJson.Default.PoolHint);
        try
        {
            var database = redis.GetDatabase();
            database.Publish(RedisChannel.Literal(PoolRedisKeys.HintChanges), hint, CommandFlags.FireAndForget);
            database.SortedSetAdd(PoolRedisKeys.Hints, hint, now.ToUnixTimeMilliseconds(), CommandFlags.FireAndForget);
            database.SortedSetRemoveRangeByScore(PoolRedisKeys.Hints, double.NegativeInfinity, (now - Fresh).ToUnixTimeMilliseconds(), flags: CommandFlags.FireAndForget);
            database.KeyExpire(PoolRedisKeys.Hints, Fresh, CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
            // The connection went away in between.
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Connecting to Redis blocks: the start of the host must not.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested && !await ListenAsync(stoppingToken).ConfigureAwait(false))
        {
            await Task.Delay(Soon, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Begins to listen, and hears what was told shortly before.</summary>
    /// <returns>Whether that is done; the subscription outlives broken connections.</returns>
    private async Task<bool> ListenAsync(CancellationToken cancellationToken)
    {
        try
        {
            var redis = await connection.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!subscribed)
            {
                var queue = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(PoolRedisKeys.HintChanges)).WaitAsync(cancellationToken).ConfigureAwait(false);
                queue.OnMessage(message => Hear(message.Message));
                subscribed = true;
            }

            if (pool.View is null)
            {
                return false;
            }

            var fresh = (time.GetUtcNow() - Fresh).ToUnixTimeMilliseconds();
            foreach (var hint in await redis.GetDatabase().SortedSetRangeByScoreAsync(PoolRedisKeys.Hints, fresh).WaitAsync(cancellationToken).ConfigureAwait(false))
            {
                Hear(hint);
            }

            listening.TrySetResult();
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogUnheard(e.GetType().Name);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void Hear(RedisValue message)
    {
        try
        {
            if (JsonSerializer.Deserialize((byte[])message!, ContractsJson.Default.PoolHint) is { } hint && hint.Origin != me
                && pool.View is { } view && view.Epoch == hint.Epoch && view.Find(hint.KeyId) is { } key && hint.Until - time.GetUtcNow() is var left && left > TimeSpan.Zero)
            {
                pool.Exclude(key, hint.Status, hint.Model, left < Longest ? left : Longest);
            }
        }
        catch (JsonException e)
        {
            LogUnheard(e.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Hints of other replicas are not heard: {Reason}.")]
    private partial void LogUnheard(string reason);
}
