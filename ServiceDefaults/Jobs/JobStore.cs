using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.ServiceDefaults.Jobs;

/// <summary>What is known of a job's runs.</summary>
/// <param name="Since">When the job was first known; null when this is the first look at it.</param>
/// <param name="StartedAt">When the last run, or the one that runs now, began.</param>
/// <param name="EndedAt">When a run last ended.</param>
/// <param name="DurationMilliseconds">How long that run took.</param>
/// <param name="Succeeded">Whether it did all it had to.</param>
/// <param name="Result">What it did, or why it failed.</param>
/// <param name="By">Who asked for the last run.</param>
/// <param name="Running">Whether it runs now, on any replica.</param>
internal sealed record JobRecord(
    DateTimeOffset? Since, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, long? DurationMilliseconds, bool? Succeeded, string? Result, string? By, bool Running)
{
    /// <summary>A run began that never ended: its process died, or the database was away at its end.</summary>
    public bool IsInterrupted => !Running && StartedAt is { } started && (EndedAt is not { } ended || ended < started);
}

/// <summary>The table of a service's jobs, and the locks that let only one replica run each.</summary>
/// <param name="source">The database.</param>
/// <param name="schema">The service's schema.</param>
internal sealed class JobStore(NpgsqlDataSource source, string schema)
{
    /// <summary>Creates the table, or brings it up to date. Safe to repeat.</summary>
    public static string Definition(string schema) =>
        $"""
        create table if not exists {schema}.jobs (
            name text primary key,
            ended_at timestamptz,
            succeeded boolean,
            result text);
        alter table {schema}.jobs
            alter column ended_at drop not null,
            alter column succeeded drop not null,
            alter column result drop not null,
            add column if not exists since timestamptz,
            add column if not exists started_at timestamptz,
            add column if not exists duration_ms bigint,
            add column if not exists by text;
        """;

    /// <summary>Reads what is known of jobs, in one query.</summary>
    public async Task<Dictionary<string, JobRecord>> ReadAsync(IReadOnlyCollection<string> names, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(
            $"""
            select asked.name, job.since, job.started_at, job.ended_at, job.duration_ms, job.succeeded, job.result, job.by, held.objid is not null
            from unnest($1, $2) asked(name, lock)
            left join {schema}.jobs job on job.name = asked.name
            left join pg_locks held on held.locktype = 'advisory' and held.granted and held.objsubid = 1
                and held.database = (select oid from pg_database where datname = current_database())
                and held.classid = ((asked.lock >> 32) & 4294967295)::oid and held.objid = (asked.lock & 4294967295)::oid
            """);
        command.Parameters.Add(new() { Value = names.ToArray() });
        command.Parameters.Add(new() { Value = names.Select(LockOf).ToArray() });
        var found = new Dictionary<string, JobRecord>(names.Count);
        await using var rows = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await rows.ReadAsync(cancellation).ConfigureAwait(false))
        {
            found[rows.GetString(0)] = new JobRecord(
                Time(rows, 1),
                Time(rows, 2),
                Time(rows, 3),
                rows.IsDBNull(4) ? null : rows.GetInt64(4),
                rows.IsDBNull(5) ? null : rows.GetBoolean(5),
                rows.IsDBNull(6) ? null : rows.GetString(6),
                rows.IsDBNull(7) ? null : rows.GetString(7),
                rows.GetBoolean(8));
        }

        return found;
    }

    /// <summary>Notes jobs that are new, so that their first time is counted from now, and not from the next start of the service.</summary>
    public Task MeetAsync(string name, DateTimeOffset now, CancellationToken cancellation) =>
        WriteAsync($"insert into {schema}.jobs as known (name, since) values ($1, $2) on conflict (name) do update set since = coalesce(known.since, excluded.since)", cancellation, name, Utc(now));

    /// <summary>Notes that a run begins.</summary>
    public Task BeginAsync(string name, string by, DateTimeOffset now, CancellationToken cancellation) => WriteAsync(
        $"""
        insert into {schema}.jobs (name, since, started_at, by) values ($1, $2, $2, $3)
        on conflict (name) do update set started_at = excluded.started_at, by = excluded.by
        """,
        cancellation,
        name,
        Utc(now),
        by);

    /// <summary>Notes how a run ended.</summary>
    public Task EndAsync(string name, DateTimeOffset now, TimeSpan took, bool succeeded, string result, CancellationToken cancellation) => WriteAsync(
        $"update {schema}.jobs set ended_at = greatest($2, started_at), duration_ms = $3, succeeded = $4, result = $5 where name = $1",
        cancellation,
        name,
        Utc(now),
        (long)took.TotalMilliseconds,
        succeeded,
        result);

    /// <summary>Takes the right to run a job.</summary>
    /// <returns>The right; null when somebody has it.</returns>
    public async Task<JobLock?> TryLockAsync(string name, CancellationToken cancellation)
    {
        var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (await JobLock.TryTakeAsync(connection, LockOf(name), cancellation).ConfigureAwait(false) is { } held)
            {
                return held;
            }
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private static DateTimeOffset? Time(NpgsqlDataReader rows, int column) => rows.IsDBNull(column) ? null : rows.GetFieldValue<DateTimeOffset>(column);

    private static NpgsqlParameter Utc(DateTimeOffset time) => new() { Value = time.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz };

    private long LockOf(string name) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"job {schema}.{name}")));

    private async Task WriteAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }
}
