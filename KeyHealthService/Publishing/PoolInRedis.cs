using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>The parts of a snapshot that one publication writes.</summary>
/// <param name="Head">What stands in Redis afterwards.</param>
/// <param name="FirstChunk">Number of the first key chunk written.</param>
/// <param name="KeyChunks">The key chunks from there on; empty when no key data changed.</param>
/// <param name="AccessKeyChunks">All access key chunks; null when no access key changed.</param>
/// <param name="States">Everything that is not plainly healthy.</param>
/// <param name="Change">What the proxies are told.</param>
internal sealed record Publication(
    PoolHead Head,
    int FirstChunk,
    IReadOnlyList<PoolKey[]> KeyChunks,
    IReadOnlyList<PoolAccessKey[]>? AccessKeyChunks,
    IReadOnlyList<PoolKeyState> States,
    PoolChange Change);

/// <summary>The snapshot in Redis, as <see cref="PoolRedisKeys"/> lays it out.</summary>
internal sealed class PoolInRedis(IConnectionMultiplexer redis)
{
    /// <summary>What Redis says it holds; null when it holds nothing readable.</summary>
    /// <exception cref="RedisException">Redis does not answer.</exception>
    /// <exception cref="TimeoutException">Redis does not answer in time.</exception>
    public async Task<PoolHead?> HeadAsync()
    {
        var text = (byte[]?)await redis.GetDatabase().StringGetAsync(PoolRedisKeys.Head);
        try
        {
            return text is null ? null : JsonSerializer.Deserialize(text, ContractsJson.Default.PoolHead);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes all parts and tells the proxies, in one transaction: nobody sees half a snapshot.</summary>
    /// <param name="publication">What to write.</param>
    /// <param name="before">The head it replaces, whose left-over chunks go.</param>
    public async Task WriteAsync(Publication publication, PoolHead? before)
    {
        var transaction = redis.GetDatabase().CreateTransaction();
        var head = publication.Head;
        var done = new List<Task>();
        for (var i = 0; i < publication.KeyChunks.Count; i++)
        {
            done.Add(Set(PoolRedisKeys.KeyChunk(publication.FirstChunk + i), publication.KeyChunks[i], ContractsJson.Default.PoolKeyArray));
        }

        for (var i = 0; i < publication.AccessKeyChunks?.Count; i++)
        {
            done.Add(Set(PoolRedisKeys.AccessKeyChunk(i), publication.AccessKeyChunks[i], ContractsJson.Default.PoolAccessKeyArray));
        }

        for (var i = head.KeyChunks; i < before?.KeyChunks; i++)
        {
            done.Add(transaction.KeyDeleteAsync(PoolRedisKeys.KeyChunk(i)));
        }

        for (var i = head.AccessKeyChunks; i < before?.AccessKeyChunks; i++)
        {
            done.Add(transaction.KeyDeleteAsync(PoolRedisKeys.AccessKeyChunk(i)));
        }

        done.Add(Set(PoolRedisKeys.States, [.. publication.States], ContractsJson.Default.PoolKeyStateArray));
        done.Add(Set(PoolRedisKeys.Head, head, ContractsJson.Default.PoolHead));
        done.Add(transaction.PublishAsync(RedisChannel.Literal(PoolRedisKeys.Changes), JsonSerializer.SerializeToUtf8Bytes(publication.Change, ContractsJson.Default.PoolChange)));
        await transaction.ExecuteAsync();
        await Task.WhenAll(done);

        Task Set<T>(string key, T value, JsonTypeInfo<T> type) => transaction.StringSetAsync(key, JsonSerializer.SerializeToUtf8Bytes(value, type));
    }
}
