using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Publishing;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Cleaning;

/// <summary>Retires keys that were invalid for long and looked at often. Their secrets stay, so that it can be undone.</summary>
internal sealed class KeyCleaner(NpgsqlDataSource database, KeyCommands commands, KeyList keys, PoolPump pump, TimeProvider time, IOptionsMonitor<CleanupOptions> options)
{
    private const int MostExamples = 100;

    /// <summary>What <see cref="RunAsync"/> would do now.</summary>
    public async Task<KeyCleanup> PreviewAsync(CancellationToken cancellation)
    {
        var (dead, good) = await CandidatesAsync(cancellation);
        return await SayAsync(good ? dead : [], good ? 0 : dead.Count, cancellation);
    }

    /// <summary>Retires the dead keys; none while no other key could serve, because then something else may be wrong.</summary>
    /// <param name="by">Who asks for it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<KeyCleanup> RunAsync(string by, CancellationToken cancellation)
    {
        var (dead, good) = await CandidatesAsync(cancellation);
        var retired = new List<Guid>();
        foreach (var id in good ? dead : [])
        {
            var outcome = await commands.ExecuteAsync(
                id, (key, now) => key.Status == KeyStatus.Invalid ? KeyDecider.Retire(key, Reasons.Cleanup, by, now) : [], cancellation);
            if (outcome is { Happened: true })
            {
                retired.Add(id);
            }
        }

        if (retired.Count > 0)
        {
            await pump.PublishedAsync(cancellation);
        }

        return await SayAsync(retired, good ? 0 : dead.Count, cancellation);
    }

    private async Task<(List<Guid> Dead, bool Good)> CandidatesAsync(CancellationToken cancellation)
    {
        var policy = options.CurrentValue;
        await using var command = database.CreateCommand(
            """
            select k.id, exists (select 1 from keys.mt_doc_key g where g.status in ('New', 'Healthy', 'Degraded'))
            from keys.mt_doc_key k join keys.probes p on p.key_id = k.id
            where k.status = 'Invalid' and (k.data ->> 'since')::timestamptz <= $1 and p.bad_checks >= $2
            order by k.id
            """);
        command.Parameters.Add(new() { Value = time.GetUtcNow() - TimeSpan.FromDays(policy.InvalidForDays) });
        command.Parameters.Add(new() { Value = policy.AtLeastChecks });
        var dead = new List<Guid>();
        var good = false;
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            dead.Add(rows.GetGuid(0));
            good = rows.GetBoolean(1);
        }

        return (dead, good);
    }

    private async Task<KeyCleanup> SayAsync(List<Guid> ids, int kept, CancellationToken cancellation)
    {
        var examples = new List<KeyView>();
        foreach (var id in ids.Take(MostExamples))
        {
            if (await keys.FindAsync(id, cancellation) is { } view)
            {
                examples.Add(view);
            }
        }

        return new KeyCleanup(ids.Count, kept, examples);
    }
}
