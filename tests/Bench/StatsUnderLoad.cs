using System.Diagnostics;
using System.Net.Http.Headers;
using GeminiBalance.Contracts;
using GeminiBalance.LocalEngine;
using GeminiBalance.ServiceDefaults.Messaging;
using GeminiBalance.TestKit;
using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace GeminiBalance.Bench;

/// <summary>StatsService as it is deployed, a process of its own, with a PostgreSQL and a RabbitMQ that flush as in production; all of it in a folder that is deleted at the end.</summary>
internal sealed class StatsUnderLoad : IAsyncDisposable
{
    private const string ServiceToken = "bench-service-token-0123456789abcdef";

    private readonly string folder = Path.Combine(Path.GetTempPath(), "gb-bench-" + Path.GetRandomFileName());
    private readonly DistributedApplication servers;
    private readonly Dictionary<string, string?> settings = [];
    private IHost? sender;
    private Process? service;
    private string? cluster;

    private StatsUnderLoad()
    {
        var builder = DistributedApplication.CreateBuilder(["--DcpPublisher:RandomizePorts=true", "--DataFolder=" + folder]);
        builder.AddPostgres("postgres").WithDataVolume();
        builder.AddRabbitMQ("messaging").WithDataVolume();
        servers = builder.Build();
    }

    /// <summary>The database.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    /// <summary>A client of the service.</summary>
    public HttpClient Client { get; private set; } = null!;

    /// <summary>The service's process id; null while none runs.</summary>
    public int? ServiceId => service?.Id;

    /// <summary>The bus, as a proxy uses it.</summary>
    public IBus Bus => sender!.Services.GetRequiredService<IBus>();

    /// <summary>Starts servers, migrates the schema, connects a sender. No service runs yet.</summary>
    public static async Task<StatsUnderLoad> StartAsync()
    {
        var load = new StatsUnderLoad();
        try
        {
            await load.StartServersAsync().ConfigureAwait(false);
            return load;
        }
        catch
        {
            await load.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts the service, and returns when it can serve.</summary>
    public async Task StartServiceAsync()
    {
        var port = FreePort.Take();
        service = Launch(null, port);
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ServiceToken);
        await Eventually.TrueAsync(CanServeAsync, TimeSpan.FromMinutes(1), "StatsService can serve").ConfigureAwait(false);
    }

    /// <summary>Ends the service; what it has not acknowledged stays in the broker.</summary>
    public async Task StopServiceAsync()
    {
        Client?.Dispose();
        if (service is { } running)
        {
            service = null;
            running.Kill();
            await running.WaitForExitAsync().ConfigureAwait(false);
            running.Dispose();
        }
    }

    /// <summary>Sends a batch of facts; returns when the broker has confirmed it.</summary>
    public Task SendAsync(IReadOnlyList<RequestFact> facts, CancellationToken cancellation = default)
    {
        var batch = new RequestsCompleted(Guid.CreateVersion7(), "bench", facts);
        return Bus.Publish(batch, context => context.MessageId = batch.BatchId, cancellation);
    }

    /// <summary>The number of the last event that every view has seen.</summary>
    public Task<long> SeenAsync() => ScalarAsync<long>("select coalesce(min(last_seq_id), 0) from stats.mt_event_progression where name like '%:All'");

    /// <summary>Asks the database for one value.</summary>
    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        command.CommandTimeout = 300;
        return (T)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    /// <summary>Tells the database something that may take minutes.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        command.CommandTimeout = 1_200;
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>Fails unless the views have counted exactly so many requests.</summary>
    public async Task ExpectCountedAsync(long requests)
    {
        var counted = await ScalarAsync<decimal>("select coalesce(sum(requests), 0) from stats.usage_per_key").ConfigureAwait(false);
        if (counted != requests)
        {
            throw new InvalidOperationException($"The views count {counted} requests of {requests}.");
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopServiceAsync().ConfigureAwait(false);
        if (sender is not null)
        {
            await sender.StopAsync().ConfigureAwait(false);
            await ((IAsyncDisposable)sender).DisposeAsync().ConfigureAwait(false);
        }

        if (Database is not null)
        {
            await Database.DisposeAsync().ConfigureAwait(false);
        }

        await servers.DisposeAsync().ConfigureAwait(false);
        // A PostgreSQL that runs as a user of its own has its data elsewhere.
        foreach (var path in new[] { cluster, folder }.OfType<string>().Distinct().Where(Directory.Exists))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private async Task StartServersAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await servers.StartAsync(limit.Token).ConfigureAwait(false);
        foreach (var server in (string[])["postgres", "messaging"])
        {
            await servers.ResourceNotifications.WaitForResourceHealthyAsync(server, limit.Token).ConfigureAwait(false);
        }

        var postgres = (await servers.GetConnectionStringAsync("postgres", limit.Token).ConfigureAwait(false))!;
        await using (var source = NpgsqlDataSource.Create(postgres))
        await using (var command = source.CreateCommand("create database bench"))
        {
            await command.ExecuteNonQueryAsync(limit.Token).ConfigureAwait(false);
            command.CommandText = "show data_directory";
            cluster = Path.GetDirectoryName(Path.GetDirectoryName((string)(await command.ExecuteScalarAsync(limit.Token).ConfigureAwait(false))!));
        }

        settings["ConnectionStrings:geminibalance"] = new NpgsqlConnectionStringBuilder(postgres) { Database = "bench" }.ConnectionString;
        settings["ConnectionStrings:messaging"] = await servers.GetConnectionStringAsync("messaging", limit.Token).ConfigureAwait(false);
        settings["ServiceAuth:Token"] = ServiceToken;
        Database = NpgsqlDataSource.Create(settings["ConnectionStrings:geminibalance"]!);
        using (var migration = Launch("migrate", FreePort.Take()))
        {
            await migration.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (migration.ExitCode != 0)
            {
                throw new InvalidOperationException($"The migration ended with {migration.ExitCode}.");
            }
        }

        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        builder.AddMessaging();
        sender = builder.Build();
        await sender.StartAsync(limit.Token).ConfigureAwait(false);
    }

    private Process Launch(string? mode, int port)
    {
        var start = new ProcessStartInfo("dotnet");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "GeminiBalance.StatsService.dll"));
        if (mode is not null)
        {
            start.ArgumentList.Add(mode);
        }

        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}";
        start.Environment["Logging__LogLevel__Default"] = "Warning";
        foreach (var (name, value) in settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return Process.Start(start)!;
    }

    private async Task<bool> CanServeAsync()
    {
        if (service!.HasExited)
        {
            throw new InvalidOperationException($"StatsService ended with {service.ExitCode}.");
        }

        try
        {
            using var response = await Client.GetAsync(new Uri("/health", UriKind.Relative)).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
