using JasperFx;
using Marten;

namespace GeminiBalance.KeyHealthService.Store;

/// <summary>New events of several streams, to be appended only if nobody else was faster.</summary>
internal sealed class PendingEvents
{
    private readonly Dictionary<Guid, (long Version, List<IPoolEvent> Events)> streams = [];

    public bool IsEmpty => streams.Count == 0;

    public IEnumerable<IPoolEvent> All => streams.Values.SelectMany(stream => stream.Events);

    /// <summary>Adds events of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="version">Its version when it was read; 0 when it does not exist.</param>
    /// <param name="events">What happened.</param>
    public void Add(Guid stream, long version, IReadOnlyList<IPoolEvent> events)
    {
        if (events.Count == 0)
        {
            return;
        }

        if (!streams.TryGetValue(stream, out var pending))
        {
            streams[stream] = pending = (version, []);
        }

        pending.Events.AddRange(events);
    }

    public void AppendTo(IDocumentSession session)
    {
        foreach (var (stream, pending) in streams)
        {
            if (pending.Version == 0)
            {
                session.Events.StartStream(stream, [.. pending.Events]);
            }
            else
            {
                session.Events.Append(stream, pending.Version + pending.Events.Count, [.. pending.Events]);
            }
        }
    }
}

/// <summary>Another writer was faster.</summary>
internal static class Conflicts
{
    /// <summary>Whether an exception says so, in one of Marten's several ways.</summary>
    public static bool IsConflict(Exception e) => e is ConcurrencyException
        || e.GetType().Name is "EventStreamUnexpectedMaxEventIdException" or "ExistingStreamIdCollisionException"
        || e is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.UniqueViolation or Npgsql.PostgresErrorCodes.DeadlockDetected }
        || (e.InnerException is not null && IsConflict(e.InnerException));

    /// <summary>Does something, and once more from the start when another writer was faster.</summary>
    public static async Task<T> OnceMoreAsync<T>(Func<Task<T>> attempt)
    {
        try
        {
            return await attempt();
        }
        catch (Exception e) when (IsConflict(e))
        {
            return await attempt();
        }
    }
}
