using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>A pool of one upstream key, published in Redis as KeyHealthService does it.</summary>
internal sealed class PublishedPool(ConnectionMultiplexer redis) : IAsyncDisposable
{
    public const string EncryptionKey = "encryption-key-encryption-key-encryption-key";

    private readonly Guid epoch = Guid.CreateVersion7();
    private readonly Dictionary<Guid, PoolAccessKey> accessKeys = [];
    private long sequence;

    public static async Task<PublishedPool> CreateAsync(string connection)
    {
        PublishedPool pool = new(await ConnectionMultiplexer.ConnectAsync(connection));
        var id = Guid.CreateVersion7();
        SecretEncryption encryption = new(Options.Create(new EncryptionOptions { Key = EncryptionKey }));
        var key = new PoolKey(id, encryption.Encrypt(id, SecretPurposes.UpstreamKey, new Secret("AIzaSy-upstream-key-of-the-replicas")), null);
        await pool.SetAsync(PoolRedisKeys.KeyChunk(0), [key], ContractsJson.Default.PoolKeyArray);
        await pool.SetAsync(PoolRedisKeys.States, [], ContractsJson.Default.PoolKeyStateArray);
        await pool.PublishAsync([]);
        return pool;
    }

    /// <summary>Adds or changes an access key.</summary>
    public Task PublishAsync(PoolAccessKey accessKey)
    {
        accessKeys[accessKey.Id] = accessKey;
        return PublishAsync([accessKey]);
    }

    public ValueTask DisposeAsync() => redis.DisposeAsync();

    private async Task PublishAsync(PoolAccessKey[] changed)
    {
        sequence++;
        await SetAsync(PoolRedisKeys.AccessKeyChunk(0), [.. accessKeys.Values], ContractsJson.Default.PoolAccessKeyArray);
        await SetAsync(PoolRedisKeys.Head, new PoolHead(epoch, sequence, 1, 1, DateTimeOffset.UtcNow), ContractsJson.Default.PoolHead);
        await redis.GetSubscriber().PublishAsync(
            RedisChannel.Literal(PoolRedisKeys.Changes), JsonSerializer.SerializeToUtf8Bytes(new PoolChange(epoch, sequence, [], [], [], [], changed, []), ContractsJson.Default.PoolChange));
    }

    private Task SetAsync<T>(string name, T value, JsonTypeInfo<T> type) => redis.GetDatabase().StringSetAsync(name, JsonSerializer.SerializeToUtf8Bytes(value, type));
}
