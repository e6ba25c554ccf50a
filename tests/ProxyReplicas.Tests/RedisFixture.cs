using GeminiBalance.LocalEngine;
using GeminiBalance.ProxyReplicas.Tests;
using StackExchange.Redis;
using Xunit;

[assembly: AssemblyFixture(typeof(RedisFixture))]

namespace GeminiBalance.ProxyReplicas.Tests;

/// <summary>A Redis of this test run's own, on a random loopback port, in a folder that is deleted at the end.</summary>
public sealed class RedisFixture : IAsyncLifetime
{
    private DistributedApplication? app;

    /// <summary>How it is reached.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Forgets everything.</summary>
    public async Task FlushAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(ConnectionString + ",allowAdmin=true");
        await redis.GetServers()[0].FlushAllDatabasesAsync();
    }

    /// <summary>How many scripts have run.</summary>
    public async Task<long> ScriptsAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(ConnectionString + ",allowAdmin=true");
        var commands = await redis.GetServers()[0].InfoAsync("commandstats");
        return commands.Single()
            .Where(command => command.Key is "cmdstat_evalsha" or "cmdstat_eval")
            .Sum(command => long.Parse(command.Value.Split(',')[0]["calls=".Length..], System.Globalization.CultureInfo.InvariantCulture));
    }

    public async ValueTask InitializeAsync()
    {
        var builder = DistributedApplication.CreateBuilder(
        [
            "--LocalEngine:Ephemeral=true",
            "--DcpPublisher:RandomizePorts=true",
            "--DataFolder=" + Path.Combine(Path.GetTempPath(), "gemini-balance-replicas-" + Path.GetRandomFileName()),
        ]);
        builder.AddRedis("redis");
        app = builder.Build();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await app.StartAsync(limit.Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("redis", limit.Token);
        ConnectionString = (await app.GetConnectionStringAsync("redis", limit.Token))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }
}
