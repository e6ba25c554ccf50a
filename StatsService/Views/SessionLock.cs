using Npgsql;

namespace GeminiBalance.StatsService.Views;

/// <summary>
/// A right that one session of PostgreSQL has at a time, over all replicas. It ends with the connection, so that a killed process loses it when the
/// kernel closes its sockets; what is done with the right is best done over <see cref="Connection"/>, which cannot outlive it.
/// </summary>
internal sealed class SessionLock : IAsyncDisposable
{
    private const int LockClass = 0x6762_7374;

    private SessionLock(NpgsqlConnection connection) => Connection = connection;

    /// <summary>The session that has the right.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>Takes the right; null when another session has it.</summary>
    public static async Task<SessionLock?> TryTakeAsync(NpgsqlDataSource source, SessionRight right, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var command = new NpgsqlCommand("select pg_try_advisory_lock($1, $2)", connection)
            {
                Parameters = { new() { Value = LockClass }, new() { Value = (int)right } },
            };
            if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true)
            {
                return new SessionLock(connection);
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

    /// <summary>The application name of the session that has a right; null when none does.</summary>
    public static async Task<string?> HolderAsync(NpgsqlDataSource source, SessionRight right, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("""
            select activity.application_name
            from pg_locks lock join pg_stat_activity activity on activity.pid = lock.pid
            where lock.locktype = 'advisory' and lock.granted and lock.objsubid = 2
                and lock.classid = $1::bigint::oid and lock.objid = $2::bigint::oid
                and lock.database = (select oid from pg_database where datname = current_database())
            """);
        command.Parameters.Add(new() { Value = (long)LockClass });
        command.Parameters.Add(new() { Value = (long)right });
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as string;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // Back in the pool the session would live on, and the lock with it.
            await using var command = new NpgsqlCommand("select pg_advisory_unlock_all()", Connection) { CommandTimeout = 5 };
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            NpgsqlConnection.ClearPool(Connection);
        }

        await Connection.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>What one session does at a time.</summary>
internal enum SessionRight
{
    /// <summary>Runs the views.</summary>
    Views = 1,

    /// <summary>Changes what is stored of the past: makes a view anew from the events, or deletes events. Each would take away what the other reads.</summary>
    Past = 2,
}
