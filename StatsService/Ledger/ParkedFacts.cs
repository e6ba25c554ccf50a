using System.Text.Json;
using GeminiBalance.Contracts;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Ledger;

/// <summary>Facts the store cannot hold as events, kept as the text they came as: nothing a proxy has said is dropped.</summary>
internal sealed class ParkedFacts(NpgsqlDataSource source)
{
    /// <summary>The table's name with its schema.</summary>
    public const string Qualified = $"{StoreSchema.Name}.parked_facts";

    /// <summary>A parked fact is stored too, if not counted by the views: its segment is complete with it, once.</summary>
    private const string ParkSql = $"""
        with parked as (
            insert into {Qualified} (batch_id, position, proxy, parked_at, reason, fact) values ($1, $2, $3, now(), $4, $5)
            on conflict (batch_id, position) do nothing returning 1)
        insert into {Segments.Qualified} as t (segment, proxy, stored_facts, stored_tokens, touched_at)
        select $6, $3, 1, $7, now() from parked where $6::uuid is not null
        on conflict (segment) do update set
            stored_facts = t.stored_facts + excluded.stored_facts, stored_tokens = t.stored_tokens + excluded.stored_tokens, touched_at = excluded.touched_at
        """;

    /// <summary>What gives up those parked until a time: it belongs into the transaction that notes who did.</summary>
    public const string Discard = $"delete from {Qualified} where parked_at <= ?";

    private const string Select = $"select batch_id, position, proxy, parked_at, reason, fact from {Qualified}";

    /// <summary>The table.</summary>
    public static Table Table { get; } = BuildTable();

    public async Task ParkAsync(RequestsCompleted batch, int position, string reason, CancellationToken cancellation)
    {
        var fact = batch.Facts[position];
        await using var command = source.CreateCommand(ParkSql);
        command.Parameters.Add(new() { Value = batch.BatchId });
        command.Parameters.Add(new() { Value = position });
        command.Parameters.Add(new() { Value = (batch.Proxy ?? "").Replace("\0", "", StringComparison.Ordinal) });
        command.Parameters.Add(new() { Value = reason });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(fact, ContractsJson.Default.RequestFact) });
        command.Parameters.Add(new() { Value = (object?)batch.Segment ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = Segments.TokensOf([fact]) });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    public async Task<long> CountAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select count(*) from {Qualified}");
        return (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    /// <summary>How many there are, and when the newest of them was parked.</summary>
    public async Task<(long Count, DateTimeOffset Until)> ExtentAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select count(*), coalesce(max(parked_at), 'epoch') from {Qualified}");
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        return (reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>The newest ones.</summary>
    public Task<ParkedFact[]> ListAsync(int limit, CancellationToken cancellation)
    {
        var command = source.CreateCommand($"{Select} order by parked_at desc, batch_id, position limit $1");
        command.Parameters.Add(new() { Value = limit });
        return ReadAsync(command, cancellation);
    }

    /// <summary>The oldest ones, page by page.</summary>
    /// <param name="after">The last one of the page before; null for the first page.</param>
    /// <param name="limit">The most of a page.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public Task<ParkedFact[]> OldestAsync(ParkedFact? after, int limit, CancellationToken cancellation)
    {
        var command = source.CreateCommand($"{Select} where (parked_at, batch_id, position) > ($1, $2, $3) order by parked_at, batch_id, position limit $4");
        command.Parameters.Add(new() { Value = after?.ParkedAt ?? DateTimeOffset.UnixEpoch, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = after?.Batch ?? Guid.Empty });
        command.Parameters.Add(new() { Value = after?.Position ?? -1 });
        command.Parameters.Add(new() { Value = limit });
        return ReadAsync(command, cancellation);
    }

    private static async Task<ParkedFact[]> ReadAsync(NpgsqlCommand asked, CancellationToken cancellation)
    {
        await using var command = asked;
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var facts = new List<ParkedFact>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            facts.Add(new ParkedFact(
                reader.GetGuid(0),
                reader.GetInt32(1),
                reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetString(4),
                JsonSerializer.Deserialize(reader.GetString(5), ContractsJson.Default.RequestFact)));
        }

        return [.. facts];
    }

    /// <summary>Takes a fact off the list, once it is stored as an event.</summary>
    public async Task RemoveAsync(ParkedFact fact, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"delete from {Qualified} where batch_id = $1 and position = $2");
        command.Parameters.Add(new() { Value = fact.Batch });
        command.Parameters.Add(new() { Value = fact.Position });
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
    }

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("batch_id", "uuid").AsPrimaryKey();
        table.AddColumn("position", "integer").AsPrimaryKey();
        table.AddColumn("proxy", "text").NotNull();
        table.AddColumn("parked_at", "timestamp with time zone").NotNull();
        table.AddColumn("reason", "text").NotNull();
        table.AddColumn("fact", "text").NotNull();
        return table;
    }
}
