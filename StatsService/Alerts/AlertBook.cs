using GeminiBalance.Contracts;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Alerts;

/// <summary>The alerts, open and over. Replicas that see the same thing at once raise it once.</summary>
internal sealed class AlertBook(NpgsqlDataSource source, TimeProvider time)
{
    private const string Qualified = $"{StoreSchema.Name}.alerts";

    private const string Lock = "select pg_advisory_xact_lock(7378420165918654467)";

    private const string Raise = $"""
        insert into {Qualified} (kind, raised_at, value) select $1, $2, $3
        where not exists (select from {Qualified} where kind = $1 and resolved_at is null)
        """;

    private const string Refresh = $"update {Qualified} set value = $3 where kind = $1 and resolved_at is null and value <> $3 and $2::timestamptz is not null";

    private const string Resolve = $"update {Qualified} set resolved_at = $2 where kind = $1 and resolved_at is null and raised_at <= $3";

    /// <summary>The table.</summary>
    public static Table Table { get; } = BuildTable();

    /// <summary>Says how much there is of something: an alert is raised by the first that is more than nothing, and is over with nothing.</summary>
    /// <param name="kind">What.</param>
    /// <param name="value">How much.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <param name="seenAt">When that was seen, if not just now: what was seen before an alert was raised does not end it.</param>
    /// <returns>True when an alert was raised, false when one was resolved, null when nothing changed.</returns>
    public async Task<bool?> SayAsync(AlertKind kind, double value, CancellationToken cancellation, DateTimeOffset? seenAt = null)
    {
        var now = time.GetUtcNow();
        await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await ExecuteAsync(Lock).ConfigureAwait(false);
        bool? changed;
        if (value > 0)
        {
            changed = await ExecuteAsync(Raise, kind.ToString(), now, value).ConfigureAwait(false) > 0 ? true : null;
            await ExecuteAsync(Refresh, kind.ToString(), now, value).ConfigureAwait(false);
        }
        else
        {
            changed = await ExecuteAsync(Resolve, kind.ToString(), now, seenAt ?? now).ConfigureAwait(false) > 0 ? false : null;
        }

        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
        return changed;

        async Task<int> ExecuteAsync(string sql, params object[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(parameter is DateTimeOffset ? new() { Value = parameter, NpgsqlDbType = NpgsqlDbType.TimestampTz } : new NpgsqlParameter { Value = parameter });
            }

            return await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Whether an alert is open.</summary>
    public async Task<bool> IsOpenAsync(AlertKind kind, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select exists (select from {Qualified} where kind = $1 and resolved_at is null)");
        command.Parameters.Add(new() { Value = kind.ToString() });
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is true;
    }

    /// <summary>The open ones, and the newest of those that are over.</summary>
    public async Task<Alert[]> ListAsync(int limit, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select kind, value, raised_at, resolved_at from {Qualified} order by resolved_at desc nulls first, raised_at desc, kind limit $1");
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var alerts = new List<Alert>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            alerts.Add(new Alert(
                Enum.Parse<AlertKind>(reader.GetString(0)),
                reader.GetDouble(1),
                reader.GetFieldValue<DateTimeOffset>(2),
                await reader.IsDBNullAsync(3, cancellation).ConfigureAwait(false) ? null : reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return [.. alerts];
    }

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("kind", "text").AsPrimaryKey();
        table.AddColumn("raised_at", "timestamp with time zone").AsPrimaryKey();
        table.AddColumn("resolved_at", "timestamp with time zone");
        table.AddColumn("value", "double precision").NotNull();
        return table;
    }
}
