using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Guarding;

/// <summary>
/// Tells dead keys from trouble that looks like dead keys: when more than half of the pool fails alike within ten seconds, it is the upstream
/// or our address. The window lies in the database, because every replica sees only a part of the failures.
/// </summary>
internal static class PoolGuard
{
    /// <summary>Failures this close together count as one event.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>How long an alarm lasts after the last time its rule held.</summary>
    public static readonly TimeSpan Calm = TimeSpan.FromSeconds(60);

    /// <summary>Two dead keys of three are no pattern.</summary>
    private const int FewestFailing = 3;

    /// <summary>Whether failures are too many to be the keys' own. Pure.</summary>
    /// <param name="failing">How many keys failed alike within the window.</param>
    /// <param name="serving">How many keys could serve at its begin.</param>
    public static bool IsTrouble(int failing, int serving) => failing >= FewestFailing && failing * 2 > serving;

    /// <summary>The verdict that holds once the guards were heard. Pure.</summary>
    /// <param name="verdict">What the answer says.</param>
    /// <param name="trouble">Whether most keys fail like this.</param>
    /// <param name="last">Whether no other key can serve the model.</param>
    public static KeyVerdict Temper(KeyVerdict verdict, bool trouble, bool last) => verdict.To switch
    {
        KeyStatus.Invalid or KeyStatus.Forbidden when trouble => new KeyVerdict(KeyStatus.Degraded, Reasons.Suspect),
        KeyStatus.Forbidden when last => new KeyVerdict(KeyStatus.Degraded, verdict.Reason),
        _ => verdict,
    };

    /// <summary>Notes failures of keys that could serve, and raises the alarm when they are too many.</summary>
    /// <param name="session">Takes the events of an alarm.</param>
    /// <param name="transaction">The transaction of the failures.</param>
    /// <param name="outcome">The class they failed with.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>Whether nothing is to be taken out of the pool for this class now.</returns>
    public static async Task<bool> NoteAsync(
        IDocumentSession session, NpgsqlTransaction transaction, UpstreamOutcomeClass outcome, IEnumerable<Guid> keys, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            with noted as (
                insert into keys.failing (outcome, key_id, at) select $1, key_id, $3 from unnest($2) key_id order by key_id
                on conflict (outcome, key_id) do update set at = excluded.at
                returning key_id),
            alike as (
                select key_id from noted union select key_id from keys.failing where outcome = $1 and at > $4)
            select
                (select count(*)::int from alike),
                (select count(*)::int from keys.mt_doc_key k where k.status in ('New', 'Healthy', 'Degraded') or k.id in (select key_id from alike)),
                (select until from keys.alarms where outcome = $1)
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = outcome.ToString() });
        command.Parameters.Add(new() { Value = keys.Order().ToArray() });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = now - Window });
        int failing;
        int serving;
        DateTimeOffset? until;
        await using (var rows = await command.ExecuteReaderAsync(cancellation))
        {
            await rows.ReadAsync(cancellation);
            (failing, serving) = (rows.GetInt32(0), rows.GetInt32(1));
            until = rows.IsDBNull(2) ? null : rows.GetFieldValue<DateTimeOffset>(2);
        }

        if (!IsTrouble(failing, serving))
        {
            return until > now;
        }

        if (await RaiseAsync(transaction, outcome, failing, serving, now, cancellation) is { } raised)
        {
            session.Events.StartStream(raised, new PoolAlarmRaised(raised, outcome, failing, serving, Causers.Guard, now));
        }

        return true;
    }

    /// <summary>The keys that failed alike within the window.</summary>
    public static async Task<List<Guid>> FailingAsync(NpgsqlTransaction transaction, UpstreamOutcomeClass outcome, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select key_id from keys.failing where outcome = $1 and at > $2", transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = outcome.ToString() });
        command.Parameters.Add(new() { Value = now - Window });
        var keys = new List<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            keys.Add(rows.GetGuid(0));
        }

        return keys;
    }

    /// <summary>Opens the alarm of a class or makes it last longer.</summary>
    /// <returns>The alarm's id when it is new.</returns>
    private static async Task<Guid?> RaiseAsync(
        NpgsqlTransaction transaction, UpstreamOutcomeClass outcome, int failing, int serving, DateTimeOffset now, CancellationToken cancellation)
    {
        var fresh = Guid.CreateVersion7(now);
        await using var command = new NpgsqlCommand(
            """
            insert into keys.alarms (outcome, alarm_id, since, until, failing, serving) values ($1, $2, $3, $4, $5, $6)
            on conflict (outcome) do update set until = excluded.until, failing = greatest(alarms.failing, excluded.failing), serving = excluded.serving
            returning alarm_id
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = outcome.ToString() });
        command.Parameters.Add(new() { Value = fresh });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = now + Calm });
        command.Parameters.Add(new() { Value = failing });
        command.Parameters.Add(new() { Value = serving });
        return (Guid)(await command.ExecuteScalarAsync(cancellation))! == fresh ? fresh : null;
    }
}
