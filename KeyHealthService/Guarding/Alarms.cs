using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Guarding;

/// <summary>The alarms that hold, and their end.</summary>
internal sealed class Alarms(NpgsqlDataSource database, IDocumentStore store) : IHealthCheck
{
    /// <summary>The alarms that hold now, oldest first.</summary>
    public async Task<PoolAlarm[]> OpenAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select outcome, since, until, failing, serving from keys.alarms order by since");
        var alarms = new List<PoolAlarm>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            alarms.Add(new PoolAlarm(
                Enum.Parse<UpstreamOutcomeClass>(rows.GetString(0)), rows.GetFieldValue<DateTimeOffset>(1), rows.GetFieldValue<DateTimeOffset>(2), rows.GetInt32(3), rows.GetInt32(4)));
        }

        return [.. alarms];
    }

    /// <summary>Notes a failure that a probe saw of a key that served until then.</summary>
    /// <returns>Whether no key is to be taken out for it now.</returns>
    public async Task<bool> NoteAsync(UpstreamOutcomeClass outcome, Guid keyId, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var session = store.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction));
        var trouble = await PoolGuard.NoteAsync(session, transaction, outcome, [keyId], now, cancellation);
        await session.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return trouble;
    }

    /// <summary>Ends the alarms whose time is over, and forgets old failures.</summary>
    public async Task EndOverdueAsync(DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var ended = new List<(Guid Id, UpstreamOutcomeClass Outcome)>();
        await using (var command = new NpgsqlCommand(
            "with gone as (delete from keys.failing where at < $2) delete from keys.alarms where until <= $1 returning alarm_id, outcome", connection, transaction))
        {
            command.Parameters.Add(new() { Value = now });
            command.Parameters.Add(new() { Value = now - PoolGuard.Window });
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            while (await rows.ReadAsync(cancellation))
            {
                ended.Add((rows.GetGuid(0), Enum.Parse<UpstreamOutcomeClass>(rows.GetString(1))));
            }
        }

        if (ended.Count > 0)
        {
            await using var session = store.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction));
            foreach (var (id, outcome) in ended)
            {
                session.Events.Append(id, new PoolAlarmEnded(id, outcome, Causers.Guard, now));
            }

            await session.SaveChangesAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
    }

    /// <summary>Shown among the dependencies; the service works all the same.</summary>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var open = await OpenAsync(cancellationToken);
        return open.Length == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(string.Join(" ", open.Select(alarm =>
                $"{alarm.Failing} of {alarm.Serving} keys fail alike ({alarm.Outcome}): the upstream or this address is in trouble, and no key is taken out for it.")));
    }
}
