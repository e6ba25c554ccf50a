using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Rebuilding;

/// <summary>
/// Makes a view anew from the events, in tables beside its own, while it goes on serving and following; then takes its place in one transaction,
/// at exactly the position the view has reached by then.
/// </summary>
internal sealed class Rebuild(Horizon horizon)
{
    private const int PageSize = 5_000;

    private static readonly string Page = $"""
        select seq_id, data from {StoreSchema.Name}.mt_events
        where seq_id > $1 and seq_id <= $2 and {StoredFacts.AreFacts} order by seq_id limit {PageSize}
        """;

    private static readonly string Stranger = $"select type from {StoreSchema.Name}.mt_events where type <> all($1) limit 1";

    private static readonly string PositionOf = $"select last_seq_id from {StoreSchema.Name}.mt_event_progression where name = $1";

    /// <param name="past">The right to change the past, which it is done with.</param>
    /// <param name="view">The view.</param>
    /// <param name="progress">Told the position reached and the one to reach.</param>
    /// <param name="cancellation">Ends it; the view stays as it was.</param>
    public async Task RunAsync(SessionLock past, IView view, Func<long, long, Task> progress, CancellationToken cancellation)
    {
        var connection = past.Connection;
        await RefuseStrangersAsync(connection, cancellation).ConfigureAwait(false);
        var frozenBefore = TimeBuckets.Ceiling(await horizon.ReadAsync(cancellation).ConfigureAwait(false), Rollup.Widest);
        foreach (var table in view.Tables)
        {
            await ExecuteAsync(connection, $"drop table if exists {ShadowOf(table)}; create table {ShadowOf(table)} (like {LiveOf(table)} including all)", [], cancellation).ConfigureAwait(false);
        }

        var target = await PositionAsync(connection, view, cancellation).ConfigureAwait(false);
        var reached = 0L;
        while (reached < target)
        {
            // What arrives meanwhile is folded here too, as long as it is much; the rest under the lock.
            reached = await FoldAsync(connection, view, reached, target, frozenBefore, page => progress(page, target), cancellation).ConfigureAwait(false);
            var next = await PositionAsync(connection, view, cancellation).ConfigureAwait(false);
            target = next - reached > PageSize ? next : target;
        }

        await using var swap = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"lock table {string.Join(", ", view.Tables.Select(LiveOf))} in exclusive mode", [], cancellation).ConfigureAwait(false);
        target = await PositionAsync(connection, view, cancellation).ConfigureAwait(false);
        await FoldAsync(connection, view, reached, target, frozenBefore, page => progress(page, target), cancellation).ConfigureAwait(false);
        foreach (var table in view.Tables)
        {
            await TakePlaceAsync(connection, table, frozenBefore, cancellation).ConfigureAwait(false);
        }

        await swap.CommitAsync(cancellation).ConfigureAwait(false);
        await progress(target, target).ConfigureAwait(false);
    }

    /// <summary>Makes the audit log anew.</summary>
    /// <param name="past">The right to change the past, which it is done with.</param>
    /// <param name="cancellation">Ends it; the log stays as it was.</param>
    public static async Task RunAuditAsync(SessionLock past, CancellationToken cancellation)
    {
        var connection = past.Connection;
        await using var swap = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"lock table {AuditLog.Qualified} in exclusive mode", [], cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"delete from {AuditLog.Qualified}", [], cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, AuditLog.Rebuild.Replace("{0}", AuditLog.Qualified, StringComparison.Ordinal), [], cancellation).ConfigureAwait(false);
        await swap.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private static string LiveOf(Table table) => table.Identifier.QualifiedName;

    private static string ShadowOf(Table table) => LiveOf(table) + "_rebuild";

    /// <summary>Puts the rows made anew in place of those they were made of; rows of frozen times stay.</summary>
    private static async Task TakePlaceAsync(NpgsqlConnection connection, Table table, DateTimeOffset frozenBefore, CancellationToken cancellation)
    {
        var (live, shadow) = (LiveOf(table), ShadowOf(table));
        var timeColumn = table.Columns.Any(column => column.Name == "bucket_at") ? "bucket_at" : "at";
        var same = string.Join(" and ", table.PrimaryKeyColumns.Select(column => $"old.{column} = new.{column}"));
        await ExecuteAsync(connection, $"delete from {live} where {timeColumn} >= $1", [frozenBefore], cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"delete from {live} old using {shadow} new where {same}", [], cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"insert into {live} select * from {shadow}", [], cancellation).ConfigureAwait(false);
        await ExecuteAsync(connection, $"drop table {shadow}", [], cancellation).ConfigureAwait(false);
    }

    private static async Task<long> FoldAsync(
        NpgsqlConnection connection, IView view, long from, long to, DateTimeOffset frozenBefore, Func<long, Task> progress, CancellationToken cancellation)
    {
        while (true)
        {
            var facts = new List<RequestFact>();
            var count = 0;
            await using (var command = new NpgsqlCommand(Page, connection) { Parameters = { new() { Value = from }, new() { Value = to } } })
            await using (var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
                {
                    from = reader.GetInt64(0);
                    count++;
                    var fact = StoredFacts.Read(reader.GetString(1));
                    if (fact.StartedAt >= frozenBefore)
                    {
                        facts.Add(fact);
                    }
                }
            }

            foreach (var change in view.Project(facts))
            {
                await ExecuteAsync(connection, Numbered(view.Tables.Aggregate(change.Sql, (sql, table) => sql.Replace(LiveOf(table), ShadowOf(table), StringComparison.Ordinal))), change.Parameters, cancellation).ConfigureAwait(false);
            }

            if (count < PageSize)
            {
                return to;
            }

            await progress(from).ConfigureAwait(false);
        }
    }

    /// <summary>The statement with numbers in place of the question marks.</summary>
    private static string Numbered(string sql)
    {
        var number = 0;
        return string.Concat(sql.Select(c => c == '?' ? "$" + (++number).ToString(System.Globalization.CultureInfo.InvariantCulture) : c.ToString()));
    }

    private static async Task<long> PositionAsync(NpgsqlConnection connection, IView view, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(PositionOf, connection) { Parameters = { new() { Value = ViewPositions.ShardOf(view.Name) } } };
        return await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) as long? ?? 0;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object[] parameters, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        foreach (var value in parameters)
        {
            command.Parameters.Add(value switch
            {
                DateTimeOffset => new() { Value = value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                DateTimeOffset[] => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz },
                _ => new NpgsqlParameter { Value = value },
            });
        }

        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>An event of a kind this version does not know might belong into the view: nothing is made anew without it.</summary>
    private static async Task RefuseStrangersAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Stranger, connection);
        command.Parameters.Add(new() { Value = EventNames.All });
        if (await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false) is string type)
        {
            throw new InvalidDataException($"The store holds events of type {type}, which this version does not know.");
        }
    }
}
