using System.Globalization;
using GeminiBalance.Contracts;
using Marten;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Ledger;

/// <summary>
/// The time before which single requests may have been deleted. Of a fact older than that nobody can say whether it was counted already,
/// and sums before it cannot be made anew.
/// </summary>
internal sealed class Horizon(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>
    /// What the store says to a fact that turns out to lie behind the horizon while it is appended: a division by zero, provoked by <see cref="Guard"/>. Of the
    /// class of errors that are about the data, so that the rest of the batch is taken.
    /// </summary>
    public const string BehindState = PostgresErrorCodes.DivisionByZero;

    private const string Qualified = $"{StoreSchema.Name}.horizon";

    /// <summary>Held by everybody who appends old facts until that is committed; whoever moves the horizon waits for them.</summary>
    private const long Fence = 0x6762_7374_6174_0003;

    /// <summary>No horizon comes nearer than this, so younger facts need no look-up.</summary>
    private static readonly TimeSpan Nearest = TimeSpan.FromHours(12);

    /// <summary>The table: one row.</summary>
    public static Table Table { get; } = BuildTable();

    public async Task<DateTimeOffset> ReadAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select coalesce(max(before), '1970-01-01 00:00:00+00') from {Qualified}");
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!, TimeSpan.Zero);
    }

    /// <summary>Whether a fact lies behind the horizon.</summary>
    public async Task<Func<RequestFact, bool>> BehindAsync(IEnumerable<RequestFact?> facts, CancellationToken cancellation)
    {
        var young = time.GetUtcNow() - Nearest;
        if (facts.All(fact => fact is null || fact.StartedAt >= young))
        {
            return _ => false;
        }

        var before = await ReadAsync(cancellation).ConfigureAwait(false);
        return fact => fact.StartedAt < before;
    }

    /// <summary>
    /// Has the transaction that appends facts look at the horizon itself, and keeps the horizon where it is until the end of that transaction: an earlier
    /// look may be outdated by then. It fails with <see cref="BehindState"/> when one of the facts lies behind.
    /// </summary>
    public void Guard(IDocumentOperations operations, IReadOnlyList<RequestFact> facts)
    {
        var oldest = facts.Min(fact => fact.StartedAt);
        if (oldest >= time.GetUtcNow() - Nearest)
        {
            return;
        }

        // Two statements, because each sees what is committed when it begins: the look comes after the wait. Neither writes or returns a row.
        operations.QueueSqlCommand(string.Create(CultureInfo.InvariantCulture, $"""
            insert into {Qualified} (id, before) select 1, '-infinity' where pg_advisory_xact_lock_shared({Fence}) is null on conflict do nothing
            """));
        operations.QueueSqlCommand(string.Create(CultureInfo.InvariantCulture, $"""
            insert into {Qualified} (id, before)
            select 1 / (case when before > '-infinity' then 0 else 1 end), before from {Qualified} where before > '{oldest.UtcDateTime:yyyy-MM-dd HH:mm:ss.ffffff}+00'
            """));
    }

    /// <summary>Moves it on; it never comes back. When this returns, every fact that was appended without knowing is committed.</summary>
    public async Task RaiseAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using (var fence = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction) { CommandTimeout = 600 })
        {
            fence.Parameters.Add(new() { Value = Fence });
            await fence.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }

        await using var command = new NpgsqlCommand(
            $"""
            insert into {Qualified} as t (id, before) values (1, $1)
            on conflict (id) do update set before = greatest(t.before, excluded.before)
            """, connection, transaction);
        command.Parameters.Add(new() { Value = before.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        await transaction.CommitAsync(cancellation).ConfigureAwait(false);
    }

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("id", "integer").AsPrimaryKey();
        table.AddColumn("before", "timestamp with time zone").NotNull();
        return table;
    }
}
