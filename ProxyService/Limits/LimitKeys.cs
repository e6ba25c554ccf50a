using StackExchange.Redis;

namespace GeminiBalance.ProxyService.Limits;

/// <summary>The names of an access key's accounts in Redis.</summary>
internal static class LimitKeys
{
    private const string Prefix = "gb:limits:";

    /// <summary>The hash of its accounts, and the set of its leases. The braces keep both on one node of a cluster.</summary>
    public static (RedisKey Hash, RedisKey Leases) Of(Guid key)
    {
        var hash = $"{Prefix}{{{key:N}}}";
        return (hash, hash + ":leases");
    }
}
