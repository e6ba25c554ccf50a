using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Quotas;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>Where the pool stands.</summary>
internal sealed record PoolPosition(Guid Epoch, long Sequence);

/// <summary>Reads the pool as proxies see it.</summary>
internal sealed class PoolReader(NpgsqlDataSource database, IDocumentStore store, QuotaReader quotas, TimeProvider time)
{
    /// <summary>
    /// New keys are left out: they serve like healthy ones, and an import of many thousands would otherwise swell every later publication.
    /// </summary>
    private const string StatesSql =
        """
        select k.id, k.status, k.data ->> 'reason', null, k.until
        from keys.mt_doc_key k
        where k.status not in ('New', 'Healthy', 'Retired') and ($1::uuid[] is null or k.id = any($1))
        union all
        select k.id, q.status, null, q.model, q.until
        from (
            select distinct on (pool, model) pool, status, model, until
            from keys.mt_doc_quota
            where status <> 'Available' and until > $2
            order by pool, model, until desc) q
        join keys.mt_doc_key k on k.pool = q.pool and k.status <> 'Retired'
        where $1::uuid[] is null or k.id = any($1)
        order by 1
        """;

    /// <summary>The whole pool, at least as new as the sequence it names; null when it stands where the caller does.</summary>
    /// <param name="epoch">Where the caller stands; null for nowhere.</param>
    /// <param name="sequence">Where the caller stands.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<PoolSnapshot?> NewerAsync(Guid? epoch, long? sequence, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var position = await PositionAsync(connection, cancellation);
        if (position.Epoch == epoch && position.Sequence == sequence)
        {
            return null;
        }

        var keys = await KeysAsync(connection, null, 0, cancellation);
        var states = await StatesAsync(connection, null, cancellation);
        return new PoolSnapshot(position.Epoch, position.Sequence, keys, states, await AccessKeysAsync(null, cancellation), await quotas.ReadAsync(null, cancellation));
    }

    public static async Task<PoolPosition> PositionAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select epoch, sequence from keys.pool", connection);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        await rows.ReadAsync(cancellation);
        return new PoolPosition(rows.GetGuid(0), rows.GetInt64(1));
    }

    /// <summary>Keys in the order of their ids, which is the order they were added in.</summary>
    /// <param name="connection">An open connection.</param>
    /// <param name="only">Only these; null means all.</param>
    /// <param name="skip">How many to leave out at the start.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<List<PoolKey>> KeysAsync(NpgsqlConnection connection, Guid[]? only, int skip, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select k.id, s.key_version, s.data, k.data ->> 'project', coalesce(k.data ->> 'tier', p.data ->> 'tier'), (k.data ->> 'weight')::int, (k.data ->> 'priority')::int
            from keys.mt_doc_key k join keys.secrets s on s.key_id = k.id left join keys.mt_doc_project p on p.data ->> 'name' = k.data ->> 'project'
            where k.status <> 'Retired' and ($1::uuid[] is null or k.id = any($1))
            order by k.id offset $2
            """, connection);
        AddIds(command, only);
        command.Parameters.Add(new() { Value = skip });
        var keys = new List<PoolKey>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            keys.Add(new PoolKey(
                rows.GetGuid(0), new EncryptedSecret(rows.GetInt32(1), rows.GetString(2)), rows.IsDBNull(3) ? null : rows.GetString(3),
                rows.IsDBNull(4) ? null : Enum.Parse<KeyTier>(rows.GetString(4)), Number(5), Number(6)));
        }

        return keys;

        int? Number(int column) => rows.IsDBNull(column) ? null : rows.GetInt32(column);
    }

    /// <summary>Everything that is not plainly healthy, quotas spread over the keys of their pool.</summary>
    public async Task<List<PoolKeyState>> StatesAsync(NpgsqlConnection connection, Guid[]? only, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(StatesSql, connection);
        AddIds(command, only);
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        var states = new List<PoolKeyState>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            states.Add(new PoolKeyState(
                rows.GetGuid(0),
                Enum.Parse<KeyStatus>(rows.GetString(1)),
                rows.IsDBNull(2) ? null : rows.GetString(2),
                rows.IsDBNull(3) ? null : rows.GetString(3),
                rows.IsDBNull(4) ? null : rows.GetFieldValue<DateTimeOffset>(4)));
        }

        return states;
    }

    public async Task<List<PoolAccessKey>> AccessKeysAsync(Guid[]? only, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var keys = only is null
            ? await session.Query<AccessKey>().OrderBy(key => key.Id).ToListAsync(cancellation)
            : await session.LoadManyAsync<AccessKey>(cancellation, only);
        return [.. keys.OrderBy(key => key.Id).Select(key => key.ForPool)];
    }

    /// <summary>How many keys stand before a key in the order of <see cref="KeysAsync"/>.</summary>
    public static async Task<int> CountBeforeAsync(NpgsqlConnection connection, Guid key, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select count(*)::int from keys.mt_doc_key k join keys.secrets s on s.key_id = k.id where k.status <> 'Retired' and k.id < $1", connection);
        command.Parameters.Add(new() { Value = key });
        return (int)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The keys that draw from any of these quotas' pools.</summary>
    public static async Task<List<Guid>> KeysOfQuotasAsync(NpgsqlConnection connection, Guid[] quotas, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select distinct k.id from keys.mt_doc_key k join keys.mt_doc_quota q on q.pool = k.pool where q.id = any($1) and k.status <> 'Retired'", connection);
        command.Parameters.Add(new() { Value = quotas });
        var keys = new List<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            keys.Add(rows.GetGuid(0));
        }

        return keys;
    }

    private static void AddIds(NpgsqlCommand command, Guid[]? only) =>
        command.Parameters.Add(new() { Value = (object?)only ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid });
}
