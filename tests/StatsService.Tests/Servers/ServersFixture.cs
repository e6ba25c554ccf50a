using GeminiBalance.LocalEngine;
using GeminiBalance.StatsService.Tests.Servers;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(ServersFixture))]

namespace GeminiBalance.StatsService.Tests.Servers;

/// <summary>PostgreSQL and RabbitMQ of this test run's own, on random loopback ports, in a folder that is deleted at the end.</summary>
public sealed class ServersFixture : IAsyncLifetime
{
    private DistributedApplication? app;
    private string postgres = "";
    private string broker = "";

    public async ValueTask InitializeAsync()
    {
        var builder = DistributedApplication.CreateBuilder(
        [
            "--LocalEngine:Ephemeral=true",
            "--DcpPublisher:RandomizePorts=true",
            "--DataFolder=" + Path.Combine(Path.GetTempPath(), "gemini-balance-stats-" + Path.GetRandomFileName()),
        ]);
        builder.AddPostgres("postgres").WithDataVolume();
        builder.AddRabbitMQ("messaging").WithDataVolume();
        app = builder.Build();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await app.StartAsync(limit.Token);
        foreach (var server in (string[])["postgres", "messaging"])
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(server, limit.Token);
        }

        postgres = (await app.GetConnectionStringAsync("postgres", limit.Token))!;
        broker = (await app.GetConnectionStringAsync("messaging", limit.Token))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }
    }

    /// <summary>Settings of a service on a new, empty database. Services of one test share the broker, and must not run beside those of another.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NewDatabaseAsync()
    {
        var name = "stats_" + Guid.CreateVersion7().ToString("N");
        await using var source = NpgsqlDataSource.Create(postgres);
        await using var command = source.CreateCommand($"create database {name}");
        await command.ExecuteNonQueryAsync();
        return new Dictionary<string, string>
        {
            ["ConnectionStrings:geminibalance"] = new NpgsqlConnectionStringBuilder(postgres) { Database = name }.ConnectionString,
            ["ConnectionStrings:messaging"] = broker,
            ["ServiceAuth:Token"] = StatsProcess.ServiceToken,
        };
    }
}
