using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Publishing;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>
/// Works the jobs of import off: secrets, events, states and the job's own progress of a batch in one transaction, so that whoever goes on after a
/// crash begins where the last batch ended.
/// </summary>
internal sealed partial class ImportRunner(
    ImportStore imports, IDocumentStore store, NpgsqlDataSource database, PoolPump pump, ProbeSignal probes, TimeProvider time, ILogger<ImportRunner> log) : BackgroundService
{
    private const int BatchSize = 500;
    private const int MostAttempts = 5;
    private static readonly TimeSpan Claim = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    private sealed record Line(int Ordinal, Guid KeyId, string Fingerprint, string Mask, string? Label, string? Project, KeyTier? Tier, string? Tags);

    private sealed record Claimed(Guid Id, bool DryRun, bool Disabled, string By, int Attempts);

    private readonly SemaphoreSlim asked = new(0, 1);

    /// <summary>Tells the runner of this process that there is a job.</summary>
    public void Set()
    {
        try
        {
            asked.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is told already.
        }
    }

    /// <summary>Removes the keys that a job added, and their secrets.</summary>
    public async Task UndoAsync(ImportJob job, string by, CancellationToken cancellation)
    {
        while (true)
        {
            await using var session = store.LightweightSession();
            var keys = await session.Query<Key>().Where(key => key.ImportId == job.Id).Take(BatchSize).ToListAsync(cancellation);
            if (keys.Count == 0)
            {
                break;
            }

            var now = time.GetUtcNow();
            foreach (var key in keys)
            {
                session.Events.Append(key.Id, key.Version + 1, new KeyRemoved(key.Id, by, now));
            }

            session.QueueSqlCommand("delete from keys.secrets where key_id = any(?)", keys.Select(key => key.Id).ToArray());
            await session.SaveChangesAsync(cancellation);
        }

        await imports.MoveAsync(job.Id, ImportState.Undone, [job.State], null, cancellation);
        await pump.PublishedAsync(cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await ClaimAsync(stoppingToken) is { } job)
                {
                    await RunAsync(job, stoppingToken);
                    continue;
                }

                await imports.PruneAsync(time.GetUtcNow() - Kept, stoppingToken);
                await asked.WaitAsync(Pause, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailed(e);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunAsync(Claimed job, CancellationToken cancellation)
    {
        try
        {
            while (job.DryRun ? await LookAsync(job.Id, cancellation) : await AddAsync(job, cancellation))
            {
                probes.Set();
            }

            var position = await pump.PublishedAsync(cancellation);
            await using var done = database.CreateCommand(
                "update keys.imports set state = 'Done', finished_at = $2, epoch = $3, sequence = $4, processed = total, problem = null where id = $1 and state = 'Running'");
            done.Parameters.Add(new() { Value = job.Id });
            done.Parameters.Add(new() { Value = time.GetUtcNow() });
            done.Parameters.Add(new() { Value = position.Epoch });
            done.Parameters.Add(new() { Value = position.Sequence });
            await done.ExecuteNonQueryAsync(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested && job.Attempts >= MostAttempts)
        {
            LogGaveUp(e, job.Id);
            await imports.MoveAsync(job.Id, ImportState.Failed, [ImportState.Running], $"It failed {MostAttempts} times in a row, the last time with {e.GetType().Name}; it can be resumed.", cancellation);
        }
    }

    /// <summary>Takes the oldest job that nobody works on.</summary>
    private async Task<Claimed?> ClaimAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update keys.imports set state = 'Running', claimed_until = $1, attempts = case when state = 'Waiting' then 1 else attempts + 1 end
            where id = (select id from keys.imports where state in ('Waiting', 'Running') and (claimed_until is null or claimed_until < $2) order by created_at limit 1 for update skip locked)
            returning id, dry_run, disabled, by, attempts
            """);
        command.Parameters.Add(new() { Value = time.GetUtcNow() + Claim });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return await rows.ReadAsync(cancellation) ? new Claimed(rows.GetGuid(0), rows.GetBoolean(1), rows.GetBoolean(2), rows.GetString(3), rows.GetInt32(4)) : null;
    }

    /// <summary>Says what would become of every entry.</summary>
    private async Task<bool> LookAsync(Guid job, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using var command = new NpgsqlCommand(
            """
            update keys.import_lines l set
                outcome = case when s.key_id is null then 'Added' else 'AlreadyInPool' end, key_id = s.key_id
            from keys.import_lines own left join keys.secrets s on s.fingerprint = own.fingerprint
            where l.job_id = $1 and l.outcome is null and own.job_id = $1 and own.ordinal = l.ordinal
            """, connection, transaction);
        command.Parameters.Add(new() { Value = job });
        await command.ExecuteNonQueryAsync(cancellation);
        await CountAsync(transaction, job, cancellation);
        await transaction.CommitAsync(cancellation);
        return false;
    }

    /// <summary>Adds the next batch.</summary>
    /// <returns>Whether there may be more.</returns>
    private async Task<bool> AddAsync(Claimed job, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var lines = await NextAsync(transaction, job.Id, cancellation);
        if (lines.Count > 0)
        {
            var stored = await StoreAsync(transaction, job.Id, lines, cancellation);
            await using var session = store.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction));
            var now = time.GetUtcNow();
            foreach (var line in lines.Where(line => stored.Contains(line.KeyId)))
            {
                var added = new KeyAdded(line.KeyId, line.Mask, line.Fingerprint, line.Label, line.Project, job.By, now, line.Tier, line.Tags, job.Id);
                session.Events.StartStream(line.KeyId, job.Disabled ? [added, new KeyDisabled(line.KeyId, job.By, now)] : [added]);
            }

            await session.SaveChangesAsync(cancellation);
        }

        var runs = await CountAsync(transaction, job.Id, cancellation);
        await transaction.CommitAsync(cancellation);
        return runs && lines.Count == BatchSize;
    }

    private static async Task<List<Line>> NextAsync(NpgsqlTransaction transaction, Guid job, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select ordinal, key_id, fingerprint, mask, label, project, tier, tags from keys.import_lines
            where job_id = $1 and outcome is null order by ordinal limit {BatchSize} for update
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = job });
        var lines = new List<Line>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            lines.Add(new Line(rows.GetInt32(0), rows.GetGuid(1), rows.GetString(2), rows.GetString(3), Text(4), Text(5), Text(6) is { } tier ? Enum.Parse<KeyTier>(tier) : null, Text(7)));
        }

        return lines;

        string? Text(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
    }

    /// <summary>Moves the secrets of a batch into the vault, in one order everywhere, and writes down what became of each entry.</summary>
    private static async Task<HashSet<Guid>> StoreAsync(NpgsqlTransaction transaction, Guid job, List<Line> lines, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            with batch as (select * from keys.import_lines where job_id = $1 and ordinal = any($2)),
            added as (
                insert into keys.secrets (key_id, fingerprint, key_version, data)
                select key_id, fingerprint, key_version, data from batch order by fingerprint collate "C"
                on conflict (fingerprint) do nothing
                returning key_id),
            noted as (
                update keys.import_lines l set data = null,
                    outcome = case when a.key_id is null then 'AlreadyInPool' else 'Added' end,
                    key_id = coalesce(a.key_id, s.key_id, l.key_id)
                from batch b left join added a on a.key_id = b.key_id left join keys.secrets s on s.fingerprint = b.fingerprint
                where l.job_id = b.job_id and l.ordinal = b.ordinal)
            select key_id from added
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = job });
        command.Parameters.Add(new() { Value = lines.Select(line => line.Ordinal).ToArray() });
        var added = new HashSet<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            added.Add(rows.GetGuid(0));
        }

        return added;
    }

    /// <summary>Writes down how far the job is.</summary>
    /// <returns>Whether it is still to run.</returns>
    private async Task<bool> CountAsync(NpgsqlTransaction transaction, Guid job, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            update keys.imports i set processed = c.processed, added = c.added, duplicates = c.duplicates, rejected = c.rejected, claimed_until = $2, attempts = 1
            from (
                select count(*) filter (where outcome is not null) processed, count(*) filter (where outcome = 'Added') added,
                    count(*) filter (where outcome in ('AlreadyInPool', 'DuplicateInFile')) duplicates, count(*) filter (where outcome = 'NotAKey') rejected
                from keys.import_lines where job_id = $1) c
            where i.id = $1
            returning state = 'Running'
            """, transaction.Connection, transaction);
        command.Parameters.Add(new() { Value = job });
        command.Parameters.Add(new() { Value = time.GetUtcNow() + Claim });
        return (bool)(await command.ExecuteScalarAsync(cancellation) ?? false);
    }

    [LoggerMessage(1, LogLevel.Error, "A job of import failed; it is tried again when its claim is over.")]
    private partial void LogFailed(Exception e);

    [LoggerMessage(2, LogLevel.Error, "Job {Job} of import was given up.")]
    private partial void LogGaveUp(Exception e, Guid job);
}
