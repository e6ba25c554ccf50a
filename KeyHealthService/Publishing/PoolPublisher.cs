using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Storage;
using Npgsql;
using StackExchange.Redis;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>
/// Brings what is committed to the proxies. One publisher works at a time over all replicas. The new sequence is committed before Redis hears
/// of it: a process that dies in between leaves a head behind the database, which the next round sees and mends by publishing the whole.
/// </summary>
internal sealed partial class PoolPublisher(NpgsqlDataSource database, PoolReader pool, PoolInRedis redis, TimeProvider time, ILogger<PoolPublisher> log)
{
    /// <summary>The session lock of who publishes.</summary>
    internal const long Lock = 0x6762_706f_6f6c;

    /// <summary>A change of more keys is not spelled out: a gap in the sequence makes the proxies read the snapshot, which is cheaper.</summary>
    private const int LargestChange = 2 * PoolRedisKeys.ChunkSize;

    private bool startedAfresh = true;

    /// <summary>Publishes everything committed before the call.</summary>
    /// <returns>Where the pool stands then. With Redis gone it is where proxies will stand once they have heard of it.</returns>
    public async Task<PoolPosition> PublishAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await ExecuteAsync(connection, $"select {PostgresKeepAlive.Columns}, pg_advisory_lock({Lock})", cancellation);
        try
        {
            return await PublishAloneAsync(connection, cancellation);
        }
        finally
        {
            await ExecuteAsync(connection, $"select pg_advisory_unlock({Lock})", CancellationToken.None);
        }
    }

    private async Task<PoolPosition> PublishAloneAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var (reachable, head) = await HeadAsync();
        var before = await PoolReader.PositionAsync(connection, cancellation);
        var whole = reachable && (startedAfresh || head is null || head.Epoch != before.Epoch || head.Sequence != before.Sequence);

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var changes = await ChangedSubjects.TakeAsync(connection, cancellation);
        if (!whole && changes.IsEmpty)
        {
            return before;
        }

        // The database counts first, so a head that is ahead of it saw a database that is no more: this one was restored from a copy.
        var restored = head is not null && head.Epoch == before.Epoch && head.Sequence > before.Sequence;
        var unspoken = changes.Count > LargestChange;
        var after = new PoolPosition(restored ? Guid.CreateVersion7() : before.Epoch, before.Sequence + (unspoken ? 2 : 1));
        var publication = reachable ? await ComposeAsync(connection, changes, after, head, whole, unspoken, cancellation) : null;
        await AdvanceAsync(connection, after, cancellation);
        await transaction.CommitAsync(cancellation);

        if (publication is not null && await WriteAsync(publication, head))
        {
            startedAfresh = false;
        }

        return after;
    }

    private async Task<Publication> ComposeAsync(
        NpgsqlConnection connection, ChangedSubjects changes, PoolPosition after, PoolHead? before, bool whole, bool unspoken, CancellationToken cancellation)
    {
        var touched = changes.Keys.Concat(changes.States).Concat(await PoolReader.KeysOfQuotasAsync(connection, [.. changes.Quotas], cancellation)).Distinct().ToArray();
        var states = await pool.StatesAsync(connection, null, cancellation);

        var first = whole ? 0 : changes.Keys.Count == 0 ? before!.KeyChunks : await PoolReader.CountBeforeAsync(connection, changes.Keys.Min(), cancellation) / PoolRedisKeys.ChunkSize;
        PoolKey[][] keyChunks = whole || changes.Keys.Count > 0
            ? [.. (await PoolReader.KeysAsync(connection, null, first * PoolRedisKeys.ChunkSize, cancellation)).Chunk(PoolRedisKeys.ChunkSize)]
            : [];
        PoolAccessKey[][]? accessKeyChunks = whole || changes.AccessKeys.Count > 0
            ? [.. (await pool.AccessKeysAsync(null, cancellation)).Chunk(PoolRedisKeys.ChunkSize)]
            : null;

        var change = new PoolChange(after.Epoch, after.Sequence, [], [], [], [], [], []);
        if (!unspoken)
        {
            var keys = await PoolReader.KeysAsync(connection, [.. changes.Keys], 0, cancellation);
            var left = changes.Keys.Except(keys.Select(key => key.Id)).ToHashSet();
            var spoken = touched.ToHashSet();
            var told = states.Where(state => spoken.Contains(state.KeyId)).ToArray();
            var accessKeys = await pool.AccessKeysAsync([.. changes.AccessKeys], cancellation);
            change = change with
            {
                Keys = keys,
                RemovedKeys = [.. left],
                States = told,
                Healthy = [.. spoken.Except(told.Select(state => state.KeyId)).Except(left)],
                AccessKeys = accessKeys,
                RemovedAccessKeys = [.. changes.AccessKeys.Except(accessKeys.Select(key => key.Id))],
            };
        }

        var head = new PoolHead(
            after.Epoch,
            after.Sequence,
            whole || changes.Keys.Count > 0 ? first + keyChunks.Length : before!.KeyChunks,
            accessKeyChunks?.Length ?? before!.AccessKeyChunks,
            time.GetUtcNow());
        return new Publication(head, first, keyChunks, accessKeyChunks, states, change);
    }

    private static async Task AdvanceAsync(NpgsqlConnection connection, PoolPosition after, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("update keys.pool set epoch = $1, sequence = $2", connection);
        command.Parameters.Add(new() { Value = after.Epoch });
        command.Parameters.Add(new() { Value = after.Sequence });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<(bool Reachable, PoolHead? Head)> HeadAsync()
    {
        try
        {
            return (true, await redis.HeadAsync());
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            LogRedisAway(e.GetType().Name);
            return (false, null);
        }
    }

    private async Task<bool> WriteAsync(Publication publication, PoolHead? before)
    {
        try
        {
            await redis.WriteAsync(publication, before);
            LogPublished(publication.Head.Sequence, publication.KeyChunks.Count, publication.States.Count);
            return true;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or TaskCanceledException)
        {
            LogRedisAway(e.GetType().Name);
            return false;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    [LoggerMessage(1, LogLevel.Debug, "Pool published at {Sequence}: {Chunks} chunks of keys written, {States} states.")]
    private partial void LogPublished(long sequence, int chunks, int states);

    [LoggerMessage(2, LogLevel.Warning, "Redis cannot be written ({Problem}); the pool is published as soon as it answers.")]
    private partial void LogRedisAway(string problem);
}
