using GeminiBalance.ServiceDefaults.Storage;
using Npgsql;

namespace GeminiBalance.ServiceDefaults.Jobs;

/// <summary>The right to run a job: a session lock in PostgreSQL on a connection that does nothing else. A killed process loses it with its connection.</summary>
internal sealed class JobLock : IAsyncDisposable
{
    private readonly NpgsqlConnection connection;
    private readonly SemaphoreSlim use = new(1, 1);

    private JobLock(NpgsqlConnection connection) => this.connection = connection;

    /// <summary>Takes the lock on a connection, which it then owns; null, and the connection stays the caller's, when another session has it.</summary>
    public static async Task<JobLock?> TryTakeAsync(NpgsqlConnection connection, long id, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock($1)", connection) { Parameters = { new() { Value = id } } };
        if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is not true)
        {
            return null;
        }

        await using var settings = new NpgsqlCommand($"select {PostgresKeepAlive.Columns}", connection);
        await settings.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        return new JobLock(connection);
    }

    /// <summary>Looks every few seconds whether the lock is still held.</summary>
    /// <returns>When it is lost, or the watch is ended.</returns>
    public async Task WatchAsync(TimeSpan every, TimeProvider time, CancellationToken ended)
    {
        while (true)
        {
            await Task.Delay(every, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested)
            {
                return;
            }

            await use.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await using var command = new NpgsqlCommand("select 1", connection) { CommandTimeout = 10 };
                await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
            {
                return;
            }
            finally
            {
                use.Release();
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await use.WaitAsync().ConfigureAwait(false);
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
        use.Dispose();
    }
}
