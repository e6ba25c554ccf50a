using System.Globalization;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Requests;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.StatsService.Retention;

/// <summary>Deletes whole batches of old requests. Their sums are frozen: nothing is added to them any more, and a rebuild takes them over as they are.</summary>
internal sealed class RetentionRun(
    NpgsqlDataSource source, Horizon horizon, ViewPositions positions, IOptionsMonitor<RetentionOptions> options, TimeProvider time)
{
    /// <summary>Batches deleted in one transaction.</summary>
    private const int AtOnce = 500;

    /// <summary>How often it looks whether a rebuild has come to its end.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    /// <summary>Batches of requests last written before a time, all of whose requests every view has seen.</summary>
    private static readonly string Delete = $"""
        with old as (
            select stream.id from {StoreSchema.Name}.mt_streams stream
            where stream.timestamp < $1
                and exists (select from {StoreSchema.Name}.mt_events one where one.stream_id = stream.id and {StoredFacts.AreFacts})
                and not exists (select from {StoreSchema.Name}.mt_events one where one.stream_id = stream.id and (one.seq_id > $2 or not {StoredFacts.AreFacts}))
            limit {AtOnce}),
        events as (delete from {StoreSchema.Name}.mt_events where stream_id in (select id from old) returning 1),
        streams as (delete from {StoreSchema.Name}.mt_streams where id in (select id from old) returning 1)
        select (select count(*) from streams), (select count(*) from events)
        """;

    private static readonly string DeleteSegments = $"""
        delete from {Segments.Qualified} where closed_at < $1 and stored_facts = stated_facts and stored_tokens = stated_tokens
        """;

    /// <summary>What else is kept of single requests: the newest failures, however few there are, and facts that were set aside.</summary>
    private static readonly string[] DeleteElsewhere =
    [
        $"delete from {StoreSchema.Name}.{RecentFailures.TableName} where at < $1",
        $"delete from {ParkedFacts.Qualified} where parked_at < $1",
    ];

    /// <summary>Waits for the end of a rebuild: it reads what would be deleted here.</summary>
    /// <returns>What was done, in a sentence.</returns>
    public async Task<string> RunAsync(CancellationToken cancellation)
    {
        SessionLock? past;
        while ((past = await SessionLock.TryTakeAsync(source, SessionRight.Past, cancellation).ConfigureAwait(false)) is null)
        {
            await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
        }

        await using (past.ConfigureAwait(false))
        {
            return await RunAsync(past.Connection, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<string> RunAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var before = TimeBuckets.Of(time.GetUtcNow().AddDays(-options.CurrentValue.RequestDays));
        await horizon.RaiseAsync(before, cancellation).ConfigureAwait(false);
        var seen = (await positions.TickAsync(cancellation).ConfigureAwait(false)).Position;
        var (batches, requests) = (0L, 0L);
        while (true)
        {
            await using var command = new NpgsqlCommand(Delete, connection) { CommandTimeout = 300 };
            command.Parameters.Add(new() { Value = before, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new() { Value = seen });
            await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
            await reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (reader.GetInt64(0) == 0)
            {
                break;
            }

            batches += reader.GetInt64(0);
            requests += reader.GetInt64(1);
        }

        foreach (var sql in (string[])[DeleteSegments, .. DeleteElsewhere])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.Add(new() { Value = before, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        return string.Create(CultureInfo.InvariantCulture, $"Deleted {requests} requests in {batches} batches from before {before:yyyy-MM-ddTHH:mm:ssZ}; their sums and the audit log stay.");
    }
}
