using Npgsql;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Who is to be probed when. The database hands every appointment to one process only, however many replicas ask.</summary>
internal sealed class ProbeAgenda(NpgsqlDataSource database)
{
    /// <summary>After this a probe whose process died is due again.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    /// <summary>However often a key becomes due, it is probed no oftener than this, by all replicas together.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(10);

    /// <summary>Takes due keys off the agenda.</summary>
    public async Task<List<Guid>> ClaimDueAsync(int count, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update keys.probes set next_check_at = $1, probed_at = $2
            where key_id in (select key_id from keys.probes where next_check_at <= $2 and (probed_at is null or probed_at <= $4) order by next_check_at limit $3 for update skip locked)
            returning key_id
            """);
        command.Parameters.Add(new() { Value = now + Lease });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = count });
        command.Parameters.Add(new() { Value = now - Least });
        var claimed = new List<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            claimed.Add(rows.GetGuid(0));
        }

        return claimed;
    }

    /// <summary>Writes down how a probe ended. A key that was disabled meanwhile keeps having no appointment.</summary>
    /// <param name="keyId">The key.</param>
    /// <param name="answeredAt">When the upstream answered; null when it did not.</param>
    /// <param name="next">The next appointment; null for none.</param>
    /// <param name="bad">Whether it found the key dead; null when it found out nothing.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task FinishAsync(Guid keyId, DateTimeOffset? answeredAt, DateTimeOffset? next, bool? bad, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update keys.probes
            set last_checked_at = coalesce($2, last_checked_at), next_check_at = case when next_check_at is null then null else $3 end,
                bad_checks = case when $4 then bad_checks + 1 when not $4 then 0 else bad_checks end,
                good_at = case when not $4 then $2 else good_at end
            where key_id = $1
            """);
        command.Parameters.Add(new() { Value = keyId });
        command.Parameters.Add(new() { Value = (object?)answeredAt ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)next ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = (object?)bad ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Boolean });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>When probes last found keys good; a key that never was is left out.</summary>
    public static async Task<List<(Guid KeyId, DateTimeOffset At)>> FoundGoodAsync(NpgsqlTransaction transaction, IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select key_id, good_at from keys.probes where key_id = any($1) and good_at is not null", transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = ids.ToArray() });
        var good = new List<(Guid, DateTimeOffset)>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            good.Add((rows.GetGuid(0), rows.GetFieldValue<DateTimeOffset>(1)));
        }

        return good;
    }

    /// <summary>Keys in use that nobody has checked since a time, those first that were checked longest ago.</summary>
    public async Task<List<Guid>> UncheckedAsync(DateTimeOffset since, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            select k.id from keys.mt_doc_key k join keys.probes p on p.key_id = k.id
            where k.status not in ('Disabled', 'Retired') and (p.last_checked_at is null or p.last_checked_at < $1)
            order by p.last_checked_at nulls first, k.id
            """);
        command.Parameters.Add(new() { Value = since });
        var found = new List<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            found.Add(rows.GetGuid(0));
        }

        return found;
    }

    /// <summary>Makes keys due now; disabled ones stay out.</summary>
    /// <param name="ids">The keys; null means all.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task AskAsync(IReadOnlyCollection<Guid>? ids, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update keys.probes p set next_check_at = $1, probed_at = null from keys.mt_doc_key k
            where k.id = p.key_id and k.status not in ('Disabled', 'Retired') and (p.next_check_at is null or p.next_check_at > $1) and ($2::uuid[] is null or p.key_id = any($2))
            """);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = (object?)ids?.ToArray() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>Tells the prober of this process that somebody is due.</summary>
internal sealed class ProbeSignal
{
    private readonly SemaphoreSlim signal = new(0, 1);

    public void Set()
    {
        try
        {
            signal.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is told already.
        }
    }

    public Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellation) => signal.WaitAsync(atMost, cancellation);
}
