using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Vault;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.KeyHealthService.Importing;

/// <summary>The jobs of import and their entries. A key lies there encrypted from its arrival until its entry is done.</summary>
internal sealed class ImportStore(SecretVault vault, NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = "id, state, format, dry_run, total, processed, added, duplicates, rejected, by, created_at, finished_at, problem, epoch, sequence";

    /// <summary>Takes a text in as a job. The same id again is the same job.</summary>
    public async Task<ImportJob> TakeInAsync(Guid id, string text, ImportTerms terms, string by, CancellationToken cancellation)
    {
        if (await FindAsync(id, cancellation) is { } known)
        {
            return known;
        }

        var (format, items) = ImportFormats.Read(text);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var job = new NpgsqlCommand(
            "insert into keys.imports (id, state, format, dry_run, by, created_at, disabled) values ($1, 'Waiting', $2, $3, $4, $5, $6)", connection, transaction))
        {
            job.Parameters.Add(new() { Value = id });
            job.Parameters.Add(new() { Value = format });
            job.Parameters.Add(new() { Value = terms.DryRun });
            job.Parameters.Add(new() { Value = by });
            job.Parameters.Add(new() { Value = time.GetUtcNow() });
            job.Parameters.Add(new() { Value = terms.Disabled });
            await job.ExecuteNonQueryAsync(cancellation);
        }

        await CopyAsync(connection, id, items.Select(terms.Apply), terms.DryRun, cancellation);
        await using (var counted = new NpgsqlCommand(
            """
            update keys.import_lines l set outcome = 'DuplicateInFile', data = null
            from (select ordinal, row_number() over (partition by fingerprint order by ordinal) n from keys.import_lines where job_id = $1 and outcome is null) twice
            where l.job_id = $1 and l.ordinal = twice.ordinal and twice.n > 1;
            """, connection, transaction))
        {
            counted.Parameters.Add(new() { Value = id });
            await counted.ExecuteNonQueryAsync(cancellation);
        }

        await using (var total = new NpgsqlCommand("update keys.imports set total = (select count(*) from keys.import_lines where job_id = $1) where id = $1", connection, transaction))
        {
            total.Parameters.Add(new() { Value = id });
            await total.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return (await FindAsync(id, cancellation))!;
    }

    public async Task<ImportJob?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"select {Columns} from keys.imports where id = $1");
        command.Parameters.Add(new() { Value = id });
        return (await ReadAsync(command, cancellation)).SingleOrDefault();
    }

    /// <summary>The newest jobs.</summary>
    public async Task<ImportJob[]> ListAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"select {Columns} from keys.imports order by created_at desc limit 100");
        return [.. await ReadAsync(command, cancellation)];
    }

    /// <summary>A page of a job's entries that are done.</summary>
    public async Task<ImportLinePage> LinesAsync(Guid id, ImportOutcome? outcome, int after, int limit, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            select ordinal, line, outcome, mask, case when outcome = 'NotAKey' then null else key_id end, reason from keys.import_lines
            where job_id = $1 and ordinal > $2 and outcome is not null and ($3::text is null or outcome = $3) order by ordinal limit $4
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = (object?)outcome?.ToString() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = limit + 1 });
        var lines = new List<(int Ordinal, ImportLine Line)>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            lines.Add((rows.GetInt32(0), new ImportLine(
                rows.GetInt32(1), Enum.Parse<ImportOutcome>(rows.GetString(2)), Text(3), rows.IsDBNull(4) ? null : rows.GetGuid(4), Text(5))));
        }

        return new ImportLinePage([.. lines.Take(limit).Select(line => line.Line)], lines.Count > limit ? lines[limit - 1].Ordinal.ToString(System.Globalization.CultureInfo.InvariantCulture) : null);

        string? Text(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
    }

    /// <summary>Moves a job to a state, if it is in one of some.</summary>
    /// <returns>Whether it was.</returns>
    public async Task<bool> MoveAsync(Guid id, ImportState to, IReadOnlyCollection<ImportState> from, string? problem, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            """
            update keys.imports set state = $2, problem = $4, claimed_until = null, finished_at = case when $2 in ('Waiting', 'Running') then null else $5 end
            where id = $1 and state = any($3)
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = to.ToString() });
        command.Parameters.Add(new() { Value = from.Select(state => state.ToString()).ToArray() });
        command.Parameters.Add(new() { Value = (object?)problem ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>Forgets jobs that ended long ago. The keys stay.</summary>
    public async Task PruneAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("delete from keys.imports where finished_at < $1");
        command.Parameters.Add(new() { Value = before });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task CopyAsync(NpgsqlConnection connection, Guid id, IEnumerable<ImportItem> items, bool dryRun, CancellationToken cancellation)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            "copy keys.import_lines (job_id, ordinal, line, key_id, fingerprint, key_version, data, mask, label, project, tier, tags, outcome, reason) from stdin (format binary)", cancellation);
        var ordinal = 0;
        foreach (var item in items)
        {
            await copy.StartRowAsync(cancellation);
            await copy.WriteAsync(id, NpgsqlDbType.Uuid, cancellation);
            await copy.WriteAsync(++ordinal, NpgsqlDbType.Integer, cancellation);
            await copy.WriteAsync(item.Line, NpgsqlDbType.Integer, cancellation);
            var keyId = Guid.CreateVersion7(time.GetUtcNow());
            await copy.WriteAsync(keyId, NpgsqlDbType.Uuid, cancellation);
            await TextAsync(item.Key is null ? null : vault.Fingerprint(item.Key));
            var secret = item.Key is null || dryRun ? null : vault.Seal(keyId, item.Key);
            await copy.WriteAsync(secret?.KeyVersion ?? 0, NpgsqlDbType.Integer, cancellation);
            await TextAsync(secret?.Data);
            await TextAsync(item.Key?.Mask);
            await TextAsync(item.Label);
            await TextAsync(item.Project);
            await TextAsync(item.Tier?.ToString());
            await TextAsync(item.Tags);
            await TextAsync(item.Key is null ? nameof(ImportOutcome.NotAKey) : null);
            await TextAsync(item.Refusal);
        }

        await copy.CompleteAsync(cancellation);

        Task TextAsync(string? text) => text is null ? copy.WriteNullAsync(cancellation) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellation);
    }

    private static async Task<List<ImportJob>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        var jobs = new List<ImportJob>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            jobs.Add(new ImportJob(
                rows.GetGuid(0), Enum.Parse<ImportState>(rows.GetString(1)), rows.GetString(2), rows.GetBoolean(3), rows.GetInt32(4), rows.GetInt32(5), rows.GetInt32(6), rows.GetInt32(7),
                rows.GetInt32(8), rows.GetString(9), rows.GetFieldValue<DateTimeOffset>(10), rows.IsDBNull(11) ? null : rows.GetFieldValue<DateTimeOffset>(11),
                rows.IsDBNull(12) ? null : rows.GetString(12), rows.IsDBNull(13) ? null : rows.GetGuid(13), rows.IsDBNull(14) ? null : rows.GetInt64(14)));
        }

        return jobs;
    }
}
