using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using Marten;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>What a command made of a key: null when it was removed.</summary>
internal sealed record KeyOutcome(Key? Key, bool Happened);

/// <summary>Loads a key, has something decided, and appends what happened.</summary>
internal sealed class KeyCommands(IDocumentStore store, TimeProvider time)
{
    public async Task<Key?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<Key>(id, cancellation);
    }

    /// <summary>Whether no other key may serve.</summary>
    public async Task<bool> IsLastAsync(Guid id, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return !await session.Query<Key>()
            .Where(key => key.Id != id && (key.Status == KeyStatus.New || key.Status == KeyStatus.Healthy || key.Status == KeyStatus.Degraded)).AnyAsync(cancellation);
    }

    /// <summary>Executes a command on the newest state; when another writer is faster, once more on that one's.</summary>
    /// <returns>Null when there is no such key.</returns>
    public Task<KeyOutcome?> ExecuteAsync(Guid id, Func<Key, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation) =>
        Conflicts.OnceMoreAsync(() => ExecuteOnceAsync(id, decide, cancellation));

    private async Task<KeyOutcome?> ExecuteOnceAsync(Guid id, Func<Key, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        if (await session.LoadAsync<Key>(id, cancellation) is not { } key)
        {
            return null;
        }

        var events = decide(key, time.GetUtcNow());
        if (events.Count == 0)
        {
            return new KeyOutcome(key, false);
        }

        session.Events.Append(id, key.Version + events.Count, [.. events]);
        if (events.Any(e => e is KeyRemoved))
        {
            session.QueueSqlCommand("delete from keys.secrets where key_id = ?", id);
        }

        await session.SaveChangesAsync(cancellation);
        return new KeyOutcome(events.Aggregate((Key?)key, (state, e) => Key.After(state, e)), true);
    }
}
