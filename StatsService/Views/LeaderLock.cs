using Npgsql;

namespace GeminiBalance.StatsService.Views;

/// <summary>
/// The right to run the views: a session lock in PostgreSQL, held by a connection of its own that does nothing else.
/// It ends with the connection, so a killed leader loses it when the kernel closes its sockets.
/// </summary>
internal sealed class LeaderLock : IAsyncDisposable
{
    private const int LockClass = 0x6762_7374;

    private const int LockObject = 1;

    /// <summary>Bounds how long a leader whose machine vanished keeps the lock: its end of the connection never says goodbye.</summary>
    private const string Settings = """
        select set_config('application_name', $1, false),
            set_config('tcp_keepalives_idle', '3', false),
            set_config('tcp_keepalives_interval', '2', false),
            set_config('tcp_keepalives_count', '3', false)
        """;

    private const string Holder = """
        select activity.application_name
        from pg_locks lock join pg_stat_activity activity on activity.pid = lock.pid
        where lock.locktype = 'advisory' and lock.granted and lock.objsubid = 2
            and lock.classid = $1::bigint::oid and lock.objid = $2::bigint::oid
            and lock.database = (select oid from pg_database where datname = current_database())
        """;

    private readonly NpgsqlConnection connection;

    private LeaderLock(NpgsqlConnection connection) => this.connection = connection;

    /// <summary>This replica's name: machine and process.</summary>
    public static string Replica { get; } = $"stats@{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>Takes the lock; null when another replica has it.</summary>
    public static async Task<LeaderLock?> TryTakeAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand("select pg_try_advisory_lock($1, $2)", connection)
            {
                Parameters = { new() { Value = LockClass }, new() { Value = LockObject } },
            };
            if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true)
            {
                await using var settings = new NpgsqlCommand(Settings, connection) { Parameters = { new() { Value = Replica } } };
                await settings.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
                return new LeaderLock(connection);
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>The name of the replica that holds the lock; null when none does.</summary>
    public static async Task<string?> HolderAsync(NpgsqlDataSource source, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(Holder);
        command.Parameters.Add(new() { Value = (long)LockClass });
        command.Parameters.Add(new() { Value = (long)LockObject });
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as string;
    }

    /// <summary>Returns while the lock is still held.</summary>
    /// <exception cref="NpgsqlException">The connection, and with it the lock, is lost.</exception>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select 1", connection) { CommandTimeout = 5 };
        await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // Back in the pool the session would live on, and the lock with it.
            await using var command = new NpgsqlCommand("select pg_advisory_unlock_all()", connection) { CommandTimeout = 5 };
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            NpgsqlConnection.ClearPool(connection);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
