using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using JasperFx.Events;
using Marten;
using Npgsql;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>What became of a batch.</summary>
/// <param name="Stored">Facts appended now.</param>
/// <param name="Known">Facts that were there already.</param>
/// <param name="Refused">Facts the store cannot hold, whoever tries.</param>
internal sealed record BatchOutcome(int Stored, int Known, IReadOnlyList<RequestFact> Refused);

/// <summary>
/// Appends facts, each exactly once, however often and wherever its batch arrives: what is there already is left out before the append,
/// and the unique index on event ids refuses what another consumer brought in between.
/// </summary>
internal sealed class FactStore(IDocumentStore store, NpgsqlDataSource source)
{
    /// <summary>Two consumers can meet over a fact once; more often means that something else is wrong.</summary>
    private const int MostMeetings = 5;

    private static readonly string KnownIds = $"select id from {StoreExtensions.Schema}.mt_events where id = any($1)";

    private static readonly string StreamExists = $"select exists (select from {StoreExtensions.Schema}.mt_streams where id = $1)";

    public async Task<BatchOutcome> StoreAsync(RequestsCompleted batch, CancellationToken cancellation)
    {
        var refused = batch.Facts.Where(fact => !IsSound(fact)).ToList();
        var sound = batch.Facts.Where(IsSound).DistinctBy(fact => fact.Id).ToArray();
        var stored = await StoreAsync(batch.BatchId, sound, refused, cancellation).ConfigureAwait(false);
        return new BatchOutcome(stored, batch.Facts.Count - stored - refused.Count, refused);
    }

    /// <summary>In one transaction while the store takes all of them; by halves when it refuses one for what it holds.</summary>
    private async Task<int> StoreAsync(Guid batchId, RequestFact[] facts, List<RequestFact> refused, CancellationToken cancellation)
    {
        try
        {
            return await AppendMissingAsync(batchId, facts, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (StoreFault.IsAboutTheData(e))
        {
            if (facts.Length == 1)
            {
                refused.Add(facts[0]);
                return 0;
            }

            var half = facts.Length / 2;
            return await StoreAsync(batchId, facts[..half], refused, cancellation).ConfigureAwait(false)
                + await StoreAsync(batchId, facts[half..], refused, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<int> AppendMissingAsync(Guid batchId, RequestFact[] facts, CancellationToken cancellation)
    {
        for (var meeting = 1; ; meeting++)
        {
            var (known, streamExists) = await LookUpAsync(batchId, facts, cancellation).ConfigureAwait(false);
            var missing = facts.Where(fact => !known.Contains(fact.Id)).ToArray();
            if (missing.Length == 0)
            {
                return 0;
            }

            try
            {
                await AppendAsync(batchId, missing, streamExists, cancellation).ConfigureAwait(false);
                return missing.Length;
            }
            catch (Exception e) when (meeting < MostMeetings && StoreFault.IsMeeting(e))
            {
            }
        }
    }

    private async Task AppendAsync(Guid batchId, RequestFact[] facts, bool streamExists, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        var events = Array.ConvertAll(facts, fact => (object)new Event<RequestFact>(fact) { Id = fact.Id });
        if (streamExists)
        {
            session.Events.Append(batchId, events);
        }
        else
        {
            session.Events.StartStream(batchId, events);
        }

        await session.SaveChangesAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<(HashSet<Guid> Known, bool StreamExists)> LookUpAsync(Guid batchId, RequestFact[] facts, CancellationToken cancellation)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(KnownIds) { Parameters = { new() { Value = Array.ConvertAll(facts, fact => fact.Id) } } });
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

    /// <summary>Whether a fact has what the views rely on. A message from the bus is only as sound as its sender.</summary>
    private static bool IsSound(RequestFact fact) =>
        fact is { Attempts: not null } && fact.Id != Guid.Empty && fact.StartedAt.Year is > 2000 and < 9000;
}

/// <summary>What a failed append means.</summary>
internal static class StoreFault
{
    /// <summary>Another writer brought the same fact or batch first.</summary>
    public static bool IsMeeting(Exception e) => e is JasperFx.Events.ExistingStreamIdCollisionException or Marten.Exceptions.ExistingStreamIdCollisionException || SqlState(e) == PostgresErrorCodes.UniqueViolation;

    /// <summary>PostgreSQL cannot hold the data itself (class 22, as a NUL in a text): no retry will help.</summary>
    public static bool IsAboutTheData(Exception e) => SqlState(e)?.StartsWith("22", StringComparison.Ordinal) == true;

    /// <summary>The store is away, busy or not migrated yet: the batch must wait, however long it takes.</summary>
    public static bool IsPassing(Exception e) =>
        (IsMeeting(e) || SqlState(e)?[..2] is not ("22" or "23")) && Chain(e).Any(inner => inner is NpgsqlException or TimeoutException);

    private static string? SqlState(Exception e) => Chain(e).OfType<PostgresException>().FirstOrDefault()?.SqlState;

    private static IEnumerable<Exception> Chain(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            yield return e;
            if (e is AggregateException many)
            {
                foreach (var inner in many.InnerExceptions.SelectMany(Chain))
                {
                    yield return inner;
                }
            }
        }
    }
}
