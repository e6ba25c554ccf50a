using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Tests.Servers;
using GeminiBalance.LocalEngine;
using Npgsql;
using StackExchange.Redis;
using Xunit;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace GeminiBalance.KeyHealthService.Tests.Servers;

/// <summary>PostgreSQL and Redis of this test run's own, on random loopback ports, in a folder that is deleted at the end.</summary>
public sealed class ServersFixture : IAsyncLifetime
{
    private DistributedApplication? app;
    private string postgres = "";
    private string redis = "";
    private int redisDatabase;

    public async ValueTask InitializeAsync()
    {
        var builder = DistributedApplication.CreateBuilder(
        [
            "--LocalEngine:Ephemeral=true",
            "--DcpPublisher:RandomizePorts=true",
            "--DataFolder=" + Path.Combine(Path.GetTempPath(), "gemini-balance-keyhealth-" + Path.GetRandomFileName()),
        ]);
        builder.AddPostgres("postgres").WithDataVolume();
        builder.AddRedis("redis");
        app = builder.Build();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await app.StartAsync(limit.Token);
        foreach (var server in (string[])["postgres", "redis"])
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(server, limit.Token);
        }

        postgres = (await app.GetConnectionStringAsync("postgres", limit.Token))!;
        redis = (await app.GetConnectionStringAsync("redis", limit.Token))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }

    /// <summary>Settings of a service with a new, empty database. Tests run one after the other, because the channel in Redis has a fixed name.</summary>
    public async Task<Dictionary<string, string?>> NewDatabaseAsync()
    {
        var name = "keys_" + Guid.CreateVersion7().ToString("N");
        await using var source = NpgsqlDataSource.Create(postgres);
        await using var command = source.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync();
        var cache = $"{redis},defaultDatabase={redisDatabase++ % 16}";
        await using (var multiplexer = await ConnectionMultiplexer.ConnectAsync(cache))
        {
            await multiplexer.GetDatabase().KeyDeleteAsync(PoolRedisKeys.Head);
        }

        return new Dictionary<string, string?>
        {
            ["ConnectionStrings:geminibalance"] = new NpgsqlConnectionStringBuilder(postgres) { Database = name }.ConnectionString,
            ["ConnectionStrings:redis"] = cache,
            ["ConnectionStrings:messaging"] = "amqp://guest:guest@127.0.0.1:1",
            ["ServiceAuth:Token"] = RunningService.Token,
            ["Encryption:Key"] = "an encryption key for tests, long enough",
            ["Gemini:BaseAddress"] = "http://127.0.0.1:1",
            ["Probing:Enabled"] = "false",
        };
    }
}
