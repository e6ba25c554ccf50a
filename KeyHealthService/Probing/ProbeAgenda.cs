using Npgsql;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Who is to be probed when. The database hands every appointment to one process only, however many replicas ask.</summary>
internal sealed class ProbeAgenda(NpgsqlDataSource database)
{
    /// <summary>After this a probe whose process died is due again.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(1);

    /// <summary>Takes due keys off the agenda.</summary>
    public async Task<List<Guid>> ClaimDueAsync(int count, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update keys.probes set next_check_at = $1
            where key_id in (select key_id from keys.probes where next_check_at <= $2 order by next_check_at limit $3 for update skip locked)
            returning key_id
            """);
        command.Parameters.Add(new() { Value = now + Lease });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = count });
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
    /// <param name="next">The next appointment.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task FinishAsync(Guid keyId, DateTimeOffset? answeredAt, DateTimeOffset next, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update keys.probes
            set last_checked_at = coalesce($2, last_checked_at), next_check_at = case when next_check_at is null then null else $3 end
            where key_id = $1
            """);
        command.Parameters.Add(new() { Value = keyId });
        command.Parameters.Add(new() { Value = (object?)answeredAt ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = next });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Makes keys due now; disabled ones stay out.</summary>
    /// <param name="ids">The keys; null means all.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task AskAsync(IReadOnlyCollection<Guid>? ids, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "update keys.probes set next_check_at = $1 where next_check_at > $1 and ($2::uuid[] is null or key_id = any($2))");
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
