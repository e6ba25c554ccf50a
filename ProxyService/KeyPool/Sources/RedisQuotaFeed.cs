using System.Text.Json;
using GeminiBalance.Contracts;
using StackExchange.Redis;

namespace GeminiBalance.ProxyService.KeyPool.Sources;

/// <summary>The quotas KeyHealthService publishes in Redis.</summary>
/// <param name="services">Make the connection when it is first needed.</param>
internal sealed class RedisQuotaFeed(IServiceProvider services) : IQuotaFeed
{
    /// <summary>The field that says which store the others come from.</summary>
    private const string EpochField = "epoch";

    private readonly Lazy<Task<IConnectionMultiplexer>> connection = new(() => RedisConnecting.Begin(services));

    /// <inheritdoc />
    public async Task SubscribeAsync(Action<PoolQuotaChange> onChange, CancellationToken cancellationToken)
    {
        var redis = await connection.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        var queue = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(PoolRedisKeys.QuotaChanges)).WaitAsync(cancellationToken).ConfigureAwait(false);
        queue.OnMessage(message =>
        {
            if (Read(message.Message) is { } change)
            {
                onChange(change);
            }
        });
    }

    /// <inheritdoc />
    public async Task<PoolQuotaChange?> LoadAsync(CancellationToken cancellationToken)
    {
        var redis = await connection.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        var fields = await redis.GetDatabase().HashGetAllAsync(PoolRedisKeys.Quotas).WaitAsync(cancellationToken).ConfigureAwait(false);
        var epoch = fields.FirstOrDefault(field => field.Name == EpochField).Value;
        if (!Guid.TryParse((string?)epoch, out var store))
        {
            return null;
        }

        var quotas = new List<PoolQuota>(fields.Length);
        foreach (var field in fields.Where(field => field.Name != EpochField))
        {
            // One that cannot be read is passed over: a limit that is not known does no harm.
            try
            {
                if (JsonSerializer.Deserialize((byte[])field.Value!, ContractsJson.Default.PoolQuota) is { } quota)
                {
                    quotas.Add(quota);
                }
            }
            catch (JsonException)
            {
                continue;
            }
        }

        return new PoolQuotaChange(store, quotas);
    }

    private static PoolQuotaChange? Read(RedisValue message)
    {
        try
        {
            return JsonSerializer.Deserialize((byte[])message!, ContractsJson.Default.PoolQuotaChange);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
