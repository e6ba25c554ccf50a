using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten;
using Marten.Events.Projections;

namespace GeminiBalance.KeyHealthService.Telling;

/// <summary>
/// Notes every event, in its own transaction, for the bus. As with the pool, a position in the event store would not do: transactions do not
/// become visible in the order of their event numbers.
/// </summary>
internal sealed class MessageOutbox : IProjection
{
    public Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        var told = events.Where(e => e.Data is IPoolEvent).Select(e => e.Id).ToArray();
        if (told.Length > 0)
        {
            operations.QueueSqlCommand("insert into keys.untold (event_id) select * from unnest(?)", told);
        }

        return Task.CompletedTask;
    }
}
