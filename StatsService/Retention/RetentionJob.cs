using GeminiBalance.Contracts;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Retention;

/// <summary>Runs <see cref="RetentionRun"/> once a day on one replica, or when asked to, and keeps what came of it.</summary>
internal sealed partial class RetentionJob(RetentionRun run, NpgsqlDataSource source, TimeProvider time, ILogger<RetentionJob> logger) : BackgroundService
{
    public const string Name = "retention";

    private const string Qualified = $"{StoreSchema.Name}.jobs";

    private const long LockId = 0x6762_7374_6174_0002;

    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    private static readonly TimeSpan Look = TimeSpan.FromMinutes(5);

    /// <summary>The table of what came of the last runs.</summary>
    public static Table Table { get; } = BuildTable();

    public async Task<JobStatus> StatusAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"""
            select ended_at, succeeded, result,
                exists (select from pg_locks where locktype = 'advisory' and granted and classid = ($2::bigint >> 32)::oid and objid = ($2::bigint & 4294967295)::oid
                    and objsubid = 1 and database = (select oid from pg_database where datname = current_database()))
            from (select 1) one left join {Qualified} on name = $1
            """);
        command.Parameters.Add(new() { Value = Name });
        command.Parameters.Add(new() { Value = LockId });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        return await reader.IsDBNullAsync(0, cancellation).ConfigureAwait(false)
            ? new JobStatus(Name, reader.GetBoolean(3), null, null, null, time.GetUtcNow())
            : new JobStatus(
                Name, reader.GetBoolean(3), reader.GetFieldValue<DateTimeOffset>(0), reader.GetBoolean(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(0) + Every);
    }

    /// <summary>Runs it now; false when it runs already, here or elsewhere.</summary>
    public async Task<bool> TryRunAsync(CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        if (!await LockAsync(connection, "select pg_try_advisory_lock($1)", cancellation).ConfigureAwait(false))
        {
            return false;
        }

        try
        {
            var (succeeded, result) = (true, "");
            try
            {
                result = await run.RunAsync(cancellation).ConfigureAwait(false);
                LogDone(result);
            }
            catch (NpgsqlException e)
            {
                (succeeded, result) = (false, $"The database refused: {e.Message}");
                LogFailed(e);
            }

            await KeepAsync(succeeded, result, cancellation).ConfigureAwait(false);
            return true;
        }
        finally
        {
            await LockAsync(connection, "select pg_advisory_unlock($1)", CancellationToken.None).ConfigureAwait(false);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Look, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                if (!stoppingToken.IsCancellationRequested && (await StatusAsync(stoppingToken).ConfigureAwait(false)).NextRunAt <= time.GetUtcNow())
                {
                    await TryRunAsync(stoppingToken).ConfigureAwait(false);
                }
            }
            catch (NpgsqlException e)
            {
                LogFailed(e);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = LockId } } };
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true;
    }

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("name", "text").AsPrimaryKey();
        table.AddColumn("ended_at", "timestamp with time zone").NotNull();
        table.AddColumn("succeeded", "boolean").NotNull();
        table.AddColumn("result", "text").NotNull();
        return table;
    }

    private async Task KeepAsync(bool succeeded, string result, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"""
            insert into {Qualified} (name, ended_at, succeeded, result) values ($1, $2, $3, $4)
            on conflict (name) do update set ended_at = excluded.ended_at, succeeded = excluded.succeeded, result = excluded.result
            """);
        command.Parameters.Add(new() { Value = Name });
        command.Parameters.Add(new() { Value = time.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = succeeded });
        command.Parameters.Add(new() { Value = result });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    [LoggerMessage(1, LogLevel.Information, "Retention: {Result}")]
    private partial void LogDone(string result);

    [LoggerMessage(2, LogLevel.Error, "Retention did not run to its end; it will be tried again")]
    private partial void LogFailed(Exception e);
}
