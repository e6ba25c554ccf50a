using StackExchange.Redis;

namespace GeminiBalance.ProxyService;

/// <summary>How the gateway comes to its connection to Redis.</summary>
internal static class RedisConnecting
{
    /// <summary>
    /// Connects on a thread of its own: connecting blocks for as long as Redis is silent, and deadlines must hold meanwhile. The connection is shared; who comes later waits for the same one.
    /// </summary>
    /// <param name="services">Make the connection when it is first needed.</param>
    public static Task<IConnectionMultiplexer> Begin(IServiceProvider services) =>
        Task.Factory.StartNew(services.GetRequiredService<IConnectionMultiplexer>, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
