using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Storage;
using JasperFx.Events;
using Marten;
using MassTransit;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Telling;

/// <summary>
/// Tells StatsService, over the bus, what was committed here. A batch gets its id and its events in the database before it is sent, and leaves
/// only when the broker confirmed it; so a batch that is sent again is the same one. One replica at a time sends, because the others would only repeat it.
/// </summary>
internal sealed partial class MessagePump(NpgsqlDataSource database, IDocumentStore store, IBus bus, TimeProvider time, ILogger<MessagePump> log) : BackgroundService
{
    private const long Lock = 0x6762_7465_6c6c;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    /// <summary>The bus waits for a silent broker for ever; this does not.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>Sends one batch.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> SendNextAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (await NextAsync(connection, cancellation) is not { } batch)
        {
            return false;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var alone = new NpgsqlCommand($"select pg_try_advisory_xact_lock({Lock}), {PostgresKeepAlive.Columns}", connection, transaction);
        if (!(bool)(await alone.ExecuteScalarAsync(cancellation))!)
        {
            return false;
        }

        var ids = await EventsAsync(transaction, batch, cancellation);
        if (ids.Length > 0)
        {
            await SendAsync(batch, await ReadAsync(ids, cancellation), cancellation);
            await using var done = new NpgsqlCommand("delete from keys.untold where batch = $1", connection, transaction);
            done.Parameters.Add(new() { Value = batch });
            await done.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var more = false;
            try
            {
                more = await SendNextAsync(stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(e.GetType().Name);
            }

            if (!more)
            {
                await Task.Delay(Round, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The oldest batch that is not confirmed, or a new one of what was noted since. All events of a batch go into one kind of message each.</summary>
    private async Task<Guid?> NextAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            with open as (select batch from keys.untold where batch is not null order by id limit 1),
            fresh as (
                update keys.untold set batch = $1
                where not exists (select 1 from open)
                    and id in (select id from keys.untold where batch is null order by id limit $2 for update skip locked)
                returning batch)
            select batch from open union all (select batch from fresh limit 1)
            """, connection);
        command.Parameters.Add(new() { Value = Guid.CreateVersion7(time.GetUtcNow()) });
        command.Parameters.Add(new() { Value = DomainChange.MaximumInMessage });
        return (Guid?)await command.ExecuteScalarAsync(cancellation);
    }

    private static async Task<Guid[]> EventsAsync(NpgsqlTransaction transaction, Guid batch, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select coalesce(array_agg(event_id order by id), '{}') from keys.untold where batch = $1", transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = batch });
        return (Guid[])(await command.ExecuteScalarAsync(cancellation))!;
    }

    private async Task<(IEvent Event, string Subject)[]> ReadAsync(Guid[] ids, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var events = (await session.Events.QueryAllRawEvents().Where(e => e.Id.IsOneOf(ids)).ToListAsync(cancellation)).ToDictionary(e => e.Id);
        var subjects = await SubjectsAsync([.. events.Values.Select(e => e.StreamId).Distinct()], cancellation);
        return [.. ids.Where(events.ContainsKey).Select(id => (events[id], subjects.GetValueOrDefault(events[id].StreamId, "")))];
    }

    /// <summary>What people call the streams: their first event says it, also of what is no more.</summary>
    private async Task<Dictionary<Guid, string>> SubjectsAsync(Guid[] streams, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            select stream_id, coalesce(data ->> 'mask', data ->> 'name', (data ->> 'pool') || ' ' || (data ->> 'model'), data ->> 'model', data ->> 'outcome', type)
            from keys.mt_events where version = 1 and stream_id = any($1)
            """);
        command.Parameters.Add(new() { Value = streams });
        var subjects = new Dictionary<Guid, string>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            subjects[rows.GetGuid(0)] = rows.GetString(1);
        }

        return subjects;
    }

    private async Task SendAsync(Guid batch, (IEvent Event, string Subject)[] events, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Deadline);
        foreach (var area in events.GroupBy(one => DomainWords.AreaOf(one.Event)))
        {
            DomainChange[] changes = [.. area.Select(one => DomainWords.Of(one.Event, one.Subject))];

            // One batch of events may become several messages; each has an id that follows from the batch.
            var id = Store.NamedIds.Of($"{batch}\n{area.Key}");
            await (area.Key switch
            {
                AuditArea.AccessKeys => PublishAsync(new AccessKeyChanged(id, changes)),
                AuditArea.Settings => PublishAsync(new SettingsChanged(id, changes)),
                AuditArea.Models => PublishAsync(new ModelChanged(id, changes)),
                _ => PublishAsync(new KeyChanged(id, changes)),
            });

            // A broker that ignores the cancellation is not waited for either; what it took comes again under the same id.
            Task PublishAsync<T>(T message)
                where T : class => bus.Publish(message, context => context.MessageId = id, deadline.Token).WaitAsync(deadline.Token);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "What changed could not be told to the bus ({Problem}); it is told as soon as that is possible.")]
    private partial void LogFailed(string problem);
}
