using Npgsql;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Ledger;

/// <summary>
/// What this event store calls itself. Whoever restores it from a backup gives it a new name, and a new store has one of its own: by that the proxies
/// notice that facts they know to be stored may be missing.
/// </summary>
internal sealed class StoreIdentity(NpgsqlDataSource source)
{
    private const string Qualified = $"{StoreSchema.Name}.store";

    /// <summary>Names a store that has no name yet; part of every migration.</summary>
    public const string NameSql = $"insert into {Qualified} (id, name) values (1, gen_random_uuid()) on conflict (id) do nothing";

    /// <summary>The table: one row.</summary>
    public static Table Table { get; } = BuildTable();

    /// <summary>The name.</summary>
    public async Task<Guid> ReadAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select name from {Qualified}");
        return (Guid)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("id", "integer").AsPrimaryKey();
        table.AddColumn("name", "uuid").NotNull();
        return table;
    }
}
