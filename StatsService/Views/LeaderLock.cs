using GeminiBalance.ServiceDefaults.Storage;
using Npgsql;

namespace GeminiBalance.StatsService.Views;

/// <summary>
/// The right to run the views: a session lock in PostgreSQL, held by a connection of its own that does nothing else.
/// It ends with the connection, so a killed leader loses it when the kernel closes its sockets.
/// </summary>
internal sealed class LeaderLock : IAsyncDisposable
{
    private const string Settings = $"select set_config('application_name', $1, false), {PostgresKeepAlive.Columns}";

    private readonly SessionLock held;

    private LeaderLock(SessionLock held) => this.held = held;

    /// <summary>This replica's name: machine and process.</summary>
    public static string Replica { get; } = $"stats@{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>Takes the lock; null when another replica has it.</summary>
    public static async Task<LeaderLock?> TryTakeAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        if (await SessionLock.TryTakeAsync(source, SessionRight.Views, cancellation).ConfigureAwait(false) is not { } held)
        {
            return null;
        }

        try
        {
            await using var settings = new NpgsqlCommand(Settings, held.Connection) { Parameters = { new() { Value = Replica } } };
            await settings.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return new LeaderLock(held);
        }
        catch
        {
            await held.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The name of the replica that holds the lock; null when none does.</summary>
    public static Task<string?> HolderAsync(NpgsqlDataSource source, CancellationToken cancellation) => SessionLock.HolderAsync(source, SessionRight.Views, cancellation);

    /// <summary>Returns while the lock is still held.</summary>
    /// <exception cref="NpgsqlException">The connection, and with it the lock, is lost.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select 1", held.Connection) { CommandTimeout = 5 };
        await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => held.DisposeAsync();
}
