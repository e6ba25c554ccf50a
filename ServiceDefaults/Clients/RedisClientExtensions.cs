using GeminiBalance.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

// The namespace Aspire's client packages use too, so that a service's source is the same under both engines.
namespace Microsoft.Extensions.Hosting;

/// <summary>The Redis client under the Local engine, with the configuration keys of Aspire's client package.</summary>
public static class RedisClientExtensions
{
    /// <summary>Adds a lazily connected <see cref="IConnectionMultiplexer"/> for <c>ConnectionStrings:{name}</c>, and the health check <c>StackExchange.Redis</c>.</summary>
    /// <param name="builder">The host builder.</param>
    /// <param name="connectionName">Name of the connection string.</param>
    /// <exception cref="StartupException">The connection string is missing or cannot be read.</exception>
    public static void AddRedisClient(this IHostApplicationBuilder builder, string connectionName)
    {
        var text = builder.Configuration.GetConnectionString(connectionName)
            ?? builder.Configuration[$"Aspire:StackExchange:Redis:{connectionName}:ConnectionString"]
            ?? builder.Configuration["Aspire:StackExchange:Redis:ConnectionString"]
            ?? throw new StartupException($"ConnectionStrings:{connectionName} is not set: it must be the address of Redis, as in host:6379,password=….");
        var options = Parse(connectionName, text);
        options.AbortOnConnectFail = false;
        options.ClientName ??= builder.Environment.ApplicationName;
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(options));
        builder.Services.AddHealthChecks().AddCheck<RedisCheck>("StackExchange.Redis");
    }

    private static ConfigurationOptions Parse(string connectionName, string text)
    {
        try
        {
            var options = ConfigurationOptions.Parse(text);
            return options.EndPoints.Count > 0 ? options : throw new ArgumentException("It names no server.");
        }
        catch (ArgumentException)
        {
            // The parser's message may repeat a part of the text, and with it a password.
            throw new StartupException($"ConnectionStrings:{connectionName} cannot be read: it must be the address of Redis, as in host:6379,password=….");
        }
    }

    private sealed class RedisCheck(IConnectionMultiplexer redis) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await redis.GetDatabase().PingAsync().WaitAsync(TimeSpan.FromSeconds(2), cancellationToken).ConfigureAwait(false);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                return new HealthCheckResult(context.Registration.FailureStatus, "Redis does not answer.");
            }
        }
    }
}
