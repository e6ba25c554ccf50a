using GeminiBalance.Contracts;
using Marten;
using Npgsql;
using NpgsqlTypes;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Ledger;

/// <summary>The segments of the proxies' journals: what the proxies state of them, and what of them is in the store.</summary>
internal sealed class Segments(NpgsqlDataSource source, TimeProvider time)
{
    /// <summary>The table's name with its schema.</summary>
    public const string Qualified = $"{StoreSchema.Name}.segments";

    private const string CountSql = $"""
        insert into {Qualified} as t (segment, proxy, stored_facts, stored_tokens, touched_at) values (?, ?, ?, ?, now())
        on conflict (segment) do update set
            stored_facts = t.stored_facts + excluded.stored_facts, stored_tokens = t.stored_tokens + excluded.stored_tokens, touched_at = excluded.touched_at
        """;

    private const string StateSql = $"""
        insert into {Qualified} as t (segment, proxy, stored_facts, stored_tokens, stated_facts, stated_tokens, opened_at, closed_at, touched_at)
        select segment, proxy, 0, 0, facts, tokens, opened_at, closed_at, $7
        from unnest($1, $2, $3, $4, $5, $6) as stated (segment, proxy, facts, tokens, opened_at, closed_at)
        on conflict (segment) do update set
            proxy = excluded.proxy, stated_facts = excluded.stated_facts, stated_tokens = excluded.stated_tokens,
            opened_at = excluded.opened_at, closed_at = excluded.closed_at, touched_at = excluded.touched_at
        returning segment, stored_facts, stored_tokens, stated_facts, stated_tokens
        """;

    /// <summary>A row's state in SQL; the same as <see cref="StateOf"/>.</summary>
    private const string State = """
        case when stated_facts is null then 'Open'
            when stored_facts < stated_facts then 'Incomplete'
            when stored_facts = stated_facts and stored_tokens = stated_tokens then 'Confirmed'
            else 'Mismatch' end
        """;

    /// <summary>The table.</summary>
    public static Table Table { get; } = BuildTable();

    /// <summary>Adds stored facts to their segment, in the transaction that stores them.</summary>
    public static void Count(IDocumentOperations operations, Guid segment, string proxy, IReadOnlyList<RequestFact> facts) =>
        operations.QueueSqlCommand(CountSql, segment, proxy, (long)facts.Count, TokensOf(facts));

    public static long TokensOf(IEnumerable<RequestFact?> facts) => facts.Sum(fact => fact?.Tokens?.Total ?? 0);

    /// <summary>Takes what a proxy states, and says how it compares.</summary>
    public async Task<SegmentVerdict[]> StateAsync(SegmentClosed[] stated, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(StateSql);
        command.Parameters.Add(new() { Value = Array.ConvertAll(stated, one => one.Segment) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(stated, one => one.Proxy) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(stated, one => one.Facts) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(stated, one => one.TotalTokens) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(stated, one => one.OpenedAt.ToUniversalTime()), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = Array.ConvertAll(stated, one => one.ClosedAt.ToUniversalTime()), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new() { Value = time.GetUtcNow(), NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var verdicts = new List<SegmentVerdict>(stated.Length);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var (facts, tokens) = (reader.GetInt64(1), reader.GetInt64(2));
            verdicts.Add(new SegmentVerdict(reader.GetGuid(0), StateOf(facts, tokens, reader.GetInt64(3), reader.GetInt64(4)), facts, tokens));
        }

        return [.. verdicts];
    }

    public async Task<Reconciliation> ReconciliationAsync(int limit, CancellationToken cancellation)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            select count(*) filter (where state = 'Open'), count(*) filter (where state = 'Incomplete'), count(*) filter (where state = 'Confirmed'), count(*) filter (where state = 'Mismatch')
            from (select {State} as state from {Qualified}) states
            """));
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            select segment, proxy, opened_at, closed_at, stated_facts, stated_tokens, stored_facts, stored_tokens
            from {Qualified} where {State} in ('Incomplete', 'Mismatch') order by closed_at desc, segment limit $1
            """)
        {
            Parameters = { new() { Value = limit } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        await reader.ReadAsync(cancellation).ConfigureAwait(false);
        var (open, incomplete, confirmed, mismatch) = (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3));
        await reader.NextResultAsync(cancellation).ConfigureAwait(false);
        var differing = new List<ReconciledSegment>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var stated = new SegmentClosed(
                reader.GetString(1), reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3), reader.GetInt64(4), reader.GetInt64(5));
            var (facts, tokens) = (reader.GetInt64(6), reader.GetInt64(7));
            differing.Add(new ReconciledSegment(stated, new SegmentVerdict(stated.Segment, StateOf(facts, tokens, stated.Facts, stated.TotalTokens), facts, tokens)));
        }

        return new Reconciliation(open, incomplete, confirmed, mismatch, differing);
    }

    public async Task<long> MismatchesAsync(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand($"select count(*) from {Qualified} where {State} = 'Mismatch'");
        return (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    /// <summary>How what is stored compares with what was stated.</summary>
    public static SegmentState StateOf(long facts, long tokens, long statedFacts, long statedTokens) =>
        facts < statedFacts ? SegmentState.Incomplete
        : facts == statedFacts && tokens == statedTokens ? SegmentState.Confirmed
        : SegmentState.Mismatch;

    private static Table BuildTable()
    {
        var table = new Table(Qualified);
        table.AddColumn("segment", "uuid").AsPrimaryKey();
        table.AddColumn("proxy", "text").NotNull();
        table.AddColumn("stored_facts", "bigint").NotNull();
        table.AddColumn("stored_tokens", "bigint").NotNull();
        table.AddColumn("stated_facts", "bigint");
        table.AddColumn("stated_tokens", "bigint");
        table.AddColumn("opened_at", "timestamp with time zone");
        table.AddColumn("closed_at", "timestamp with time zone");
        table.AddColumn("touched_at", "timestamp with time zone").NotNull();
        return table;
    }
}
