using GeminiBalance.Contracts;
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
    private const string Qualified = $"{StoreSchema.Name}.horizon";

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

    /// <summary>Moves it on; it never comes back.</summary>
    public async Task RaiseAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"""
            insert into {Qualified} as t (id, before) values (1, $1)
            on conflict (id) do update set before = greatest(t.before, excluded.before)
            """);
        command.Parameters.Add(new() { Value = before.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("id", "integer").AsPrimaryKey();
        table.AddColumn("before", "timestamp with time zone").NotNull();
        return table;
    }
}
