using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Takes back what one cause did to keys and quotas between two times.</summary>
internal sealed class BulkUndo(IDocumentStore store, NpgsqlDataSource database, PoolPump pump, TimeProvider time)
{
    private const int AtOnce = 500;
    private const int MostExamples = 100;

    /// <summary>Whether an event lies between the times <c>$1</c> and <c>$2</c> and has the cause <c>$3</c>; false, not null, where it names none.</summary>
    private const string HasCause = """
        coalesce((data ->> 'at')::timestamptz >= $1 and (data ->> 'at')::timestamptz < $2
            and lower($3) in (lower(data ->> 'outcome'), lower(data ->> 'reason'), lower(data ->> 'by'), lower(data ->> 'upstreamQuota')), false)
        """;

    /// <summary>What would be taken back, or was.</summary>
    public async Task<UndoneTransitions> RunAsync(UndoTransitions undo, string by, CancellationToken cancellation)
    {
        var examples = new List<UndoneTransition>();
        var (keys, quotas) = (0, 0);
        foreach (var ids in (await StreamsAsync(undo, cancellation)).Chunk(AtOnce))
        {
            var undone = await Conflicts.OnceMoreAsync(() => UndoAsync(ids, undo, by, cancellation));
            keys += undone.Count(one => one.KeyId is not null);
            quotas += undone.Count(one => one.KeyId is null);
            examples.AddRange(undone.Take(MostExamples - examples.Count));
        }

        if (!undo.DryRun && keys + quotas > 0)
        {
            await pump.PublishedAsync(cancellation);
        }

        return new UndoneTransitions(undo.DryRun, keys, quotas, examples);
    }

    /// <summary>Whether a step has the cause. Pure.</summary>
    public static bool Caused(UndoTransitions undo, KeyStep step, string? reasonAfter) =>
        step.At >= undo.From && step.At < undo.To && (Is(undo.Cause, step.Outcome?.ToString()) || Is(undo.Cause, reasonAfter) || Is(undo.Cause, step.By));

    private static bool Is(string cause, string? word) => string.Equals(cause, word, StringComparison.OrdinalIgnoreCase);

    private async Task<List<UndoneTransition>> UndoAsync(Guid[] ids, UndoTransitions undo, string by, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var session = store.LightweightSession();
        var pending = new PendingEvents();
        var undone = new List<UndoneTransition>();
        foreach (var key in await session.LoadManyAsync<Key>(cancellation, ids))
        {
            // What a step led to is what the next one ended, and the last one's is the state now.
            var after = key.Trail.Skip(1).Select(step => step.Reason).Append(key.Reason).ToArray();
            var steps = key.Trail.Where((step, i) => Caused(undo, step, after[i])).ToHashSet(ReferenceEqualityComparer.Instance);
            var events = KeyDecider.Undo(key, steps.Contains, by, now);
            pending.Add(key.Id, key.Version, events);
            undone.AddRange(events.OfType<KeyTransitionUndone>().Select(e => new UndoneTransition(key.Id, null, null, e.From, e.To)));
        }

        // The causes are read after the states: what happens in between makes the events below come too late, and both are read again.
        var quotas = await session.LoadManyAsync<Quota>(cancellation, ids);
        var caused = await CausedAsync(undo, [.. quotas.Select(quota => quota.Id)], now, cancellation);
        foreach (var quota in quotas.Where(quota => caused.Contains(quota.Id)))
        {
            var events = QuotaDecider.Reset(quota, by, now);
            pending.Add(quota.Id, quota.Version, events);
            undone.AddRange(events.Select(e => new UndoneTransition(null, quota.Pool, quota.Model, StatusOf(e.From), KeyStatus.Healthy)));
        }

        if (!undo.DryRun && !pending.IsEmpty)
        {
            pending.AppendTo(session);
            await session.SaveChangesAsync(cancellation);
        }

        return undone;
    }

    /// <summary>The streams that have such a transition at all.</summary>
    private async Task<List<Guid>> StreamsAsync(UndoTransitions undo, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            select distinct stream_id from keys.mt_events
            where type in ('gb.key.health-changed.v1', 'gb.key.disabled.v1', 'gb.key.enabled.v1', 'gb.key.retired.v1', 'gb.quota.changed.v1')
                and {HasCause}
            """);
        AddCause(command, undo);
        return await IdsAsync(command, cancellation);
    }

    /// <summary>Those quotas whose state the cause alone holds: since they were last available, nothing else used them up for longer than until now.</summary>
    private async Task<HashSet<Guid>> CausedAsync(UndoTransitions undo, Guid[] quotas, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"""
            select e.stream_id from keys.mt_events e
            where e.stream_id = any($4) and e.version > coalesce(
                (select max(free.version) from keys.mt_events free where free.stream_id = e.stream_id and free.data ->> 'to' = 'Available'), 0)
            group by e.stream_id
            having bool_or({HasCause}) and not bool_or(not ({HasCause}) and (e.data ->> 'until')::timestamptz > $5)
            """);
        AddCause(command, undo);
        command.Parameters.Add(new() { Value = quotas });
        command.Parameters.Add(new() { Value = now });
        return [.. await IdsAsync(command, cancellation)];
    }

    private static void AddCause(NpgsqlCommand command, UndoTransitions undo)
    {
        command.Parameters.Add(new() { Value = undo.From.ToUniversalTime() });
        command.Parameters.Add(new() { Value = undo.To.ToUniversalTime() });
        command.Parameters.Add(new() { Value = undo.Cause });
    }

    private static async Task<List<Guid>> IdsAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        var streams = new List<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            streams.Add(rows.GetGuid(0));
        }

        return streams;
    }

    private static KeyStatus StatusOf(QuotaStatus status) => status switch
    {
        QuotaStatus.Cooling => KeyStatus.Cooling,
        QuotaStatus.Exhausted => KeyStatus.Exhausted,
        QuotaStatus.NotOffered => KeyStatus.NotOffered,
        _ => KeyStatus.Healthy,
    };
}
