using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace GeminiBalance.AdminUi.Tests.Support;

/// <summary>A PostgreSQL of its own: fresh, on a free loopback port, gone afterwards.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string folder = Path.Combine("/tmp", $"gb-pg-{Guid.CreateVersion7():N}"[..24]);
    private readonly string programs = Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last() + "/bin";
    private readonly int port = FreePort();
    private Process? server;

    public async Task StartAsync()
    {
        Directory.CreateDirectory(folder);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres", folder);
        }

        await RunAsync(AsOwner($"{programs}/initdb", "-D", $"{folder}/data", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C"));
        server = Start(AsOwner($"{programs}/postgres", "-D", $"{folder}/data", "-p", $"{port}", "-k", folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"));
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
                await connection.OpenAsync(timeout.Token);
                return;
            }
            catch (NpgsqlException) when (!server.HasExited)
            {
                await Task.Delay(50, timeout.Token);
            }
        }
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"t{Guid.CreateVersion7():N}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return ConnectionString(name);
    }

    public async ValueTask DisposeAsync()
    {
        if (server is not null)
        {
            await RunAsync(AsOwner($"{programs}/pg_ctl", "stop", "-D", $"{folder}/data", "-m", "immediate"));
            await server.WaitForExitAsync();
            server.Dispose();
        }

        Directory.Delete(folder, recursive: true);
    }

    private string ConnectionString(string database) => $"Host=127.0.0.1;Port={port};Username=postgres;Database={database};Include Error Detail=false;Pooling=true;Maximum Pool Size=20";

    // PostgreSQL refuses to run as root.
    private static string[] AsOwner(params string[] command) =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", .. command] : command;

    private static Process Start(params string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })
        ?? throw new InvalidOperationException($"{command[0]} did not start.");

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {await error}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
