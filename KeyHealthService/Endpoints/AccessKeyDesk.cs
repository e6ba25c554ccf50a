using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Store;
using Marten;

namespace GeminiBalance.KeyHealthService.Endpoints;

/// <summary>What a command made of an access key.</summary>
/// <param name="Key">Null when it was removed.</param>
/// <param name="Position">Where the pool stands that knows of it; null while it is not published.</param>
internal sealed record AccessKeyOutcome(AccessKey? Key, PoolPosition? Position);

/// <summary>Executes commands on access keys.</summary>
internal sealed class AccessKeyDesk(IDocumentStore store, PoolPump pump, TimeProvider time)
{
    /// <summary>Creates an access key, publishes, and answers with it, published or not.</summary>
    public async Task<AccessKeyOutcome> CreateAsync(AccessKeyTerms terms, string prefix, string hash, string by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var id = Guid.CreateVersion7(now);
        var events = AccessKeyDecider.Create(id, terms, prefix, hash, by, now);
        await using (var session = store.LightweightSession())
        {
            session.Events.StartStream(id, [.. events]);
            await session.SaveChangesAsync(cancellation);
        }

        return new AccessKeyOutcome(events.Aggregate((AccessKey?)null, (state, e) => AccessKey.After(state, e)), await pump.PublishedOrLaterAsync(cancellation));
    }

    /// <summary>Gives an access key another key and answers with its state, published or not; null when there is no such access key.</summary>
    public async Task<AccessKeyOutcome?> RotateAsync(Guid id, string prefix, string hash, TimeSpan overlap, string by, CancellationToken cancellation)
    {
        var outcome = await Conflicts.OnceMoreAsync(() => ChangeOnceAsync(id, (key, now) => AccessKeyDecider.Rotate(key, prefix, hash, overlap, by, now), cancellation));
        return outcome is null ? null : outcome with { Position = await pump.PublishedOrLaterAsync(cancellation) };
    }

    /// <summary>Executes a command on the newest state, publishes, and answers with the state after it; null when there is no such access key.</summary>
    public async Task<AccessKeyOutcome?> ChangeAsync(Guid id, Func<AccessKey, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation)
    {
        var outcome = await Conflicts.OnceMoreAsync(() => ChangeOnceAsync(id, decide, cancellation));
        return outcome is null ? null : outcome with { Position = await pump.PublishedAsync(cancellation) };
    }

    private async Task<AccessKeyOutcome?> ChangeOnceAsync(Guid id, Func<AccessKey, DateTimeOffset, IReadOnlyList<IPoolEvent>> decide, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        if (await session.LoadAsync<AccessKey>(id, cancellation) is not { } key)
        {
            return null;
        }

        var events = decide(key, time.GetUtcNow());
        if (events.Count > 0)
        {
            session.Events.Append(id, key.Version + events.Count, [.. events]);
            await session.SaveChangesAsync(cancellation);
        }

        return new AccessKeyOutcome(events.Aggregate((AccessKey?)key, (state, e) => AccessKey.After(state, e)), null);
    }
}
