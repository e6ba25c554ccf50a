using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Store;
using JasperFx.Events;
using Marten;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>What became of a batch.</summary>
/// <param name="Stored">Facts appended now.</param>
/// <param name="Known">Facts that were there already.</param>
/// <param name="Refused">Facts the store cannot hold, whoever tries; they are parked.</param>
internal sealed record BatchOutcome(int Stored, int Known, IReadOnlyList<RequestFact> Refused);

/// <summary>Brings facts into the event store, each exactly once, counts them for their segment in the same transaction, and parks those the store cannot hold.</summary>
internal sealed class FactStore(EventAppender appender, ParkedFacts parked, Horizon horizon)
{
    private const string Behind = "It is older than the requests that are kept, so nobody can say whether it was counted already.";

    public async Task<BatchOutcome> StoreAsync(RequestsCompleted batch, CancellationToken cancellation)
    {
        var isBehind = await horizon.BehindAsync(batch.Facts, cancellation).ConfigureAwait(false);
        var sound = batch.Facts.Where(fact => IsSound(fact) && !isBehind(fact)).DistinctBy(fact => fact.Id).Select(fact => new Event<RequestFact>(fact) { Id = fact.Id }).ToArray();
        var outcome = await appender.AppendAsync(batch.BatchId, sound, Along, cancellation).ConfigureAwait(false);
        var refused = new List<RequestFact>();
        for (var position = 0; position < batch.Facts.Count; position++)
        {
            var fact = batch.Facts[position];
            var reason = !IsSound(fact) ? "The fact lacks its id, its attempts or a time that makes sense, or a text in it holds a NUL."
                : isBehind(fact) ? Behind
                : outcome.Refused.TryGetValue(fact.Id, out var state) ? (state == Horizon.BehindState ? Behind : $"PostgreSQL cannot hold it ({state}).")
                : null;
            if (reason is not null)
            {
                await parked.ParkAsync(batch, position, reason, cancellation).ConfigureAwait(false);
                refused.Add(fact);
            }
        }

        return new BatchOutcome(outcome.Stored, batch.Facts.Count - outcome.Stored - refused.Count, refused);

        void Along(IDocumentOperations operations, IReadOnlyList<RequestFact> facts)
        {
            horizon.Guard(operations, facts);
            if (batch.Segment is { } segment)
            {
                Segments.Count(operations, segment, batch.Proxy, facts);
            }
        }
    }

    /// <summary>Whether a fact has what the views rely on. A message from the bus is only as sound as its sender.</summary>
    public static bool IsSound(RequestFact fact) =>
        fact is { Attempts: not null } && !fact.Attempts.Contains(null!) && fact.Choice?.Finalists?.Contains(null!) is not true
        && fact.Id != Guid.Empty && fact.StartedAt.Year is > 2000 and < 9000 && !TextsOf(fact).Any(text => text?.Contains('\0', StringComparison.Ordinal) == true);

    /// <summary>Every text a client, an upstream or a proxy gave. PostgreSQL holds no NUL in a text, and a view would stop at it.</summary>
    private static IEnumerable<string?> TextsOf(RequestFact fact) =>
        [fact.ErrorCode, fact.ModelAsked, fact.ModelServed, fact.TraceParent, fact.ClientRequestId, fact.Choice?.Strategy, .. fact.Choice?.ExcludedBy?.Keys ?? [], .. fact.Attempts.Select(attempt => attempt.Reason)];
}
