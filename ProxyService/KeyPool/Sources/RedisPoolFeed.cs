using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>The snapshot and the changes KeyHealthService publishes in Redis.</summary>
/// <param name="services">Make the connection when it is first needed.</param>
/// <param name="logger">The log.</param>
internal sealed partial class RedisPoolFeed(IServiceProvider services, ILogger<RedisPoolFeed> logger) : IPoolFeed
{
    private const int MostReads = 3;

    private readonly Lazy<Task<IConnectionMultiplexer>> connection = new(() => RedisConnecting.Begin(services));

    /// <inheritdoc />
    public string Name => "redis";

    /// <inheritdoc />
    public async Task<PoolHead?> HeadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(PoolRedisKeys.Head, ContractsJson.Default.PoolHead).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or JsonException)
        {
            LogUnreadable(e.GetType().Name);
            return null;
        }
    }

    /// <inheritdoc />
    public async Task<PoolSnapshot?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var read = 0; read < MostReads; read++)
            {
                var head = await ReadAsync(PoolRedisKeys.Head, ContractsJson.Default.PoolHead).WaitAsync(cancellationToken).ConfigureAwait(false);
                if (head is null)
                {
                    return null;
                }

                var snapshot = await ReadAsync(head).WaitAsync(cancellationToken).ConfigureAwait(false);
                if (snapshot is not null && await ReadAsync(PoolRedisKeys.Head, ContractsJson.Default.PoolHead).WaitAsync(cancellationToken).ConfigureAwait(false) is { } after && after.Epoch == head.Epoch && after.Sequence == head.Sequence)
                {
                    return snapshot;
                }
            }

            LogUnreadable("it changes while it is read, or parts are missing");
        }
        catch (Exception e) when (e is RedisException or TimeoutException or JsonException)
        {
            LogUnreadable(e.GetType().Name);
        }

        return null;
    }

    /// <inheritdoc />
    public async Task SubscribeAsync(Action<PoolChange?> onChange, CancellationToken cancellationToken)
    {
        var redis = await connection.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        var queue = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(PoolRedisKeys.Changes)).WaitAsync(cancellationToken).ConfigureAwait(false);
        queue.OnMessage(message =>
        {
            PoolChange? change = null;
            try
            {
                change = JsonSerializer.Deserialize((byte[])message.Message!, ContractsJson.Default.PoolChange);
            }
            catch (JsonException e)
            {
                LogUnreadable(e.GetType().Name);
            }

            onChange(change);
        });
    }

    private async Task<PoolSnapshot?> ReadAsync(PoolHead head)
    {
        var keys = new List<PoolKey>();
        for (var i = 0; i < head.KeyChunks; i++)
        {
            if (await ReadAsync(PoolRedisKeys.KeyChunk(i), ContractsJson.Default.PoolKeyArray).ConfigureAwait(false) is not { } chunk)
            {
                return null;
            }

            keys.AddRange(chunk);
        }

        var accessKeys = new List<PoolAccessKey>();
        for (var i = 0; i < head.AccessKeyChunks; i++)
        {
            if (await ReadAsync(PoolRedisKeys.AccessKeyChunk(i), ContractsJson.Default.PoolAccessKeyArray).ConfigureAwait(false) is not { } chunk)
            {
                return null;
            }

            accessKeys.AddRange(chunk);
        }

        var states = await ReadAsync(PoolRedisKeys.States, ContractsJson.Default.PoolKeyStateArray).ConfigureAwait(false);
        return new PoolSnapshot(head.Epoch, head.Sequence, keys, states ?? [], accessKeys);
    }

    private async Task<T?> ReadAsync<T>(string key, JsonTypeInfo<T> type)
        where T : class
    {
        var redis = await connection.Value.ConfigureAwait(false);
        var value = await redis.GetDatabase().StringGetAsync(key).ConfigureAwait(false);
        return value.IsNull ? null : JsonSerializer.Deserialize((byte[])value!, type);
    }

    [LoggerMessage(LogLevel.Debug, "The pool in Redis cannot be read: {Reason}.")]
    private partial void LogUnreadable(string reason);
}
