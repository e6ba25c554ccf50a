using JasperFx.Events;
using Marten;
using Npgsql;

namespace GeminiBalance.StatsService.Store;

/// <summary>What became of the events of a batch.</summary>
/// <param name="Stored">Events appended now.</param>
/// <param name="Refused">Ids of events the store cannot hold, whoever tries, and what it said.</param>
internal sealed record AppendOutcome(int Stored, IReadOnlyDictionary<Guid, string> Refused);

/// <summary>
/// Appends events, each exactly once, however often and wherever its batch arrives: what is there already is left out before the append,
/// and the unique index on event ids refuses what another consumer brought in between.
/// </summary>
internal sealed class EventAppender(IDocumentStore store, NpgsqlDataSource source)
{
    /// <summary>Two consumers can meet over an event once; more often means that something else is wrong.</summary>
    private const int MostMeetings = 5;

    private static readonly string KnownIds = $"select id from {StoreExtensions.Schema}.mt_events where id = any($1)";

    private static readonly string StreamExists = $"select exists (select from {StoreExtensions.Schema}.mt_streams where id = $1)";

    /// <summary>In one transaction while the store takes all of them; by halves when it refuses one for what it holds.</summary>
    /// <param name="batchId">The stream: every batch has its own.</param>
    /// <param name="events">Events with ids of their own.</param>
    /// <param name="along">What else belongs into the transaction of those that are new.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public async Task<AppendOutcome> AppendAsync<TData>(
        Guid batchId, IReadOnlyList<Event<TData>> events, Action<IDocumentOperations, IReadOnlyList<TData>>? along, CancellationToken cancellation)
        where TData : notnull
    {
        var refused = new Dictionary<Guid, string>();
        var stored = await HalvingAsync(batchId, [.. events], along, refused, cancellation).ConfigureAwait(false);
        return new AppendOutcome(stored, refused);
    }

    private async Task<int> HalvingAsync<TData>(
        Guid batchId, Event<TData>[] events, Action<IDocumentOperations, IReadOnlyList<TData>>? along, Dictionary<Guid, string> refused, CancellationToken cancellation)
        where TData : notnull
    {
        try
        {
            return await AppendMissingAsync(batchId, events, along, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (StoreFault.IsAboutTheData(e))
        {
            if (events.Length == 1)
            {
                refused.Add(events[0].Id, StoreFault.SqlState(e)!);
                return 0;
            }

            var half = events.Length / 2;
            return await HalvingAsync(batchId, events[..half], along, refused, cancellation).ConfigureAwait(false)
                + await HalvingAsync(batchId, events[half..], along, refused, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<int> AppendMissingAsync<TData>(
        Guid batchId, Event<TData>[] events, Action<IDocumentOperations, IReadOnlyList<TData>>? along, CancellationToken cancellation)
        where TData : notnull
    {
        for (var meeting = 1; ; meeting++)
        {
            var (known, streamExists) = await LookUpAsync(batchId, events, cancellation).ConfigureAwait(false);
            var missing = events.Where(one => !known.Contains(one.Id)).ToArray();
            if (missing.Length == 0)
            {
                return 0;
            }

            try
            {
                await using var session = store.LightweightSession();
                var fresh = Array.ConvertAll(missing, one => (object)new Event<TData>(one.Data) { Id = one.Id });
                if (streamExists)
                {
                    session.Events.Append(batchId, fresh);
                }
                else
                {
                    session.Events.StartStream(batchId, fresh);
                }

                along?.Invoke(session, Array.ConvertAll(missing, one => one.Data));
                await session.SaveChangesAsync(cancellation).ConfigureAwait(false);
                return missing.Length;
            }
            catch (Exception e) when (meeting < MostMeetings && StoreFault.IsMeeting(e))
            {
            }
        }
    }

    private async Task<(HashSet<Guid> Known, bool StreamExists)> LookUpAsync<TData>(Guid batchId, Event<TData>[] events, CancellationToken cancellation)
        where TData : notnull
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(KnownIds) { Parameters = { new() { Value = Array.ConvertAll(events, one => one.Id) } } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(StreamExists) { Parameters = { new() { Value = batchId } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var known = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            known.Add(reader.GetGuid(0));
        }

        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        return (known, reader.GetBoolean(0));
    }
}
