using System.Text;
using GeminiBalance.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>What a list of keys is narrowed to.</summary>
/// <param name="Statuses">These states; empty means all but the retired ones.</param>
/// <param name="Search">Part of label, project, mask or tags.</param>
/// <param name="After">The last key of the page before.</param>
/// <param name="Limit">The most keys of a page.</param>
internal sealed record KeyFilter(IReadOnlyCollection<KeyStatus> Statuses, string? Search, Guid? After, int Limit);

/// <summary>Keys as operators see them: a key's own state, or its pool's quota when that is worse. The same number of statements for ten keys and for a hundred thousand.</summary>
internal sealed class KeyList(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>
    /// The worst open quota of each pool beside each key. The order of severity is that of <see cref="KeyStatus"/>: a model not offered over a day used up over a minute used up.
    /// </summary>
    private const string Seen =
        """
        with worst as (
            select distinct on (pool) pool, status, model, until, (data ->> 'upstreamStatus')::int upstream_status, (data ->> 'since')::timestamptz since
            from keys.mt_doc_quota
            where status <> 'Available' and until > @now
            order by pool, array_position(array['NotOffered', 'Exhausted', 'Cooling'], status::text), until desc),
        seen as (
            select k.id, k.data ->> 'mask' mask, k.data ->> 'label' label, k.data ->> 'project' project,
                case when own then k.status else w.status end::text status,
                case when own then k.data ->> 'reason' end reason,
                case when not own then w.model end model,
                case when own then (k.data ->> 'upstreamStatus')::int else w.upstream_status end upstream_status,
                case when own then (k.data ->> 'since')::timestamptz else w.since end since,
                case when own then k.until else w.until end until,
                (k.data ->> 'addedAt')::timestamptz added_at, p.last_checked_at, p.next_check_at, (k.data ->> 'version')::bigint version,
                k.data ->> 'tier' tier, (k.data ->> 'weight')::int weight, (k.data ->> 'priority')::int priority,
                case when jsonb_array_length(coalesce(k.data -> 'tags', '[]')) > 0 then array(select jsonb_array_elements_text(k.data -> 'tags')) end tags,
                k.data #>> '{trail,-1,before}' undo_to
            from keys.mt_doc_key k
            left join keys.probes p on p.key_id = k.id
            left join worst w on w.pool = k.pool
            cross join lateral (select w.pool is null or k.status in ('Invalid', 'Forbidden', 'Disabled', 'Retired') own) o)

        """;

    /// <summary>Some keys that can serve a model now.</summary>
    public static async Task<HashSet<Guid>> UsableAsync(NpgsqlConnection connection, string model, int atMost, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select k.id from keys.mt_doc_key k
            where k.status in ('New', 'Healthy', 'Degraded')
                and not exists (select 1 from keys.mt_doc_quota q where q.pool = k.pool and q.model = $1 and q.status <> 'Available' and q.until > now())
            limit $2
            """, connection);
        command.Parameters.Add(new() { Value = model });
        command.Parameters.Add(new() { Value = atMost });
        var usable = new HashSet<Guid>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            usable.Add(rows.GetGuid(0));
        }

        return usable;
    }

    private const string Matching =
        """
        from seen
        where (case when cardinality(@statuses) = 0 then status <> 'Retired' else status = any(@statuses) end)
            and (@search::text is null or label ilike @search or project ilike @search or mask ilike @search or array_to_string(tags, ' ') ilike @search)

        """;

    public async Task<KeyPage> PageAsync(KeyFilter filter, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        var count = new NpgsqlBatchCommand($"{Seen} select count(*)::int {Matching}");
        var page = new NpgsqlBatchCommand($"{Seen} select * {Matching} and (@after::uuid is null or id < @after) order by id desc limit @limit");
        AddFilter(count, filter);
        AddFilter(page, filter);
        page.Parameters.Add(new("after", NpgsqlDbType.Uuid) { Value = (object?)filter.After ?? DBNull.Value });
        page.Parameters.Add(new("limit", NpgsqlDbType.Integer) { Value = filter.Limit + 1 });
        batch.BatchCommands.Add(count);
        batch.BatchCommands.Add(page);

        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        await rows.ReadAsync(cancellation);
        var total = rows.GetInt32(0);
        await rows.NextResultAsync(cancellation);
        var keys = await ReadAsync(rows, cancellation);
        var more = keys.Count > filter.Limit;
        KeyView[] items = [.. keys.Take(filter.Limit)];
        return new KeyPage(items, more ? items[^1].Id.ToString() : null, total);
    }

    public async Task<KeyView?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"{Seen} select * from seen where id = @id");
        command.Parameters.AddWithValue("now", time.GetUtcNow());
        command.Parameters.AddWithValue("id", id);
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        return (await ReadAsync(rows, cancellation)).SingleOrDefault();
    }

    public async Task<KeySummary> SummaryAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"{Seen} select status, count(*)::int from seen group by status");
        command.Parameters.AddWithValue("now", time.GetUtcNow());
        var counts = new SortedDictionary<KeyStatus, int>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            counts[Enum.Parse<KeyStatus>(rows.GetString(0))] = rows.GetInt32(1);
        }

        return new KeySummary(counts.Values.Sum() - counts.GetValueOrDefault(KeyStatus.Retired), counts);
    }

    private void AddFilter(NpgsqlBatchCommand command, KeyFilter filter)
    {
        command.Parameters.Add(new("now", NpgsqlDbType.TimestampTz) { Value = time.GetUtcNow() });
        command.Parameters.Add(new("statuses", NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = filter.Statuses.Select(status => status.ToString()).ToArray() });
        command.Parameters.Add(new("search", NpgsqlDbType.Text) { Value = filter.Search is null ? DBNull.Value : $"%{Literal(filter.Search)}%" });
    }

    /// <summary>The characters that LIKE gives a meaning are meant as they stand.</summary>
    private static string Literal(string search)
    {
        var literal = new StringBuilder(search.Length);
        foreach (var c in search)
        {
            literal.Append(c is '\\' or '%' or '_' ? "\\" : "").Append(c);
        }

        return literal.ToString();
    }

    private static async Task<List<KeyView>> ReadAsync(NpgsqlDataReader rows, CancellationToken cancellation)
    {
        var keys = new List<KeyView>();
        while (await rows.ReadAsync(cancellation))
        {
            keys.Add(new KeyView(
                rows.GetGuid(0), rows.GetString(1), Text(2), Text(3), Enum.Parse<KeyStatus>(rows.GetString(4)), Text(5), Text(6),
                Number(7), rows.GetFieldValue<DateTimeOffset>(8), Time(9),
                rows.GetFieldValue<DateTimeOffset>(10), Time(11), Time(12), rows.GetInt64(13), Word<KeyTier>(14), Number(15), Number(16), rows.IsDBNull(17) ? null : rows.GetFieldValue<string[]>(17), Word<KeyStatus>(18)));
        }

        return keys;

        string? Text(int column) => rows.IsDBNull(column) ? null : rows.GetString(column);
        int? Number(int column) => rows.IsDBNull(column) ? null : rows.GetInt32(column);
        T? Word<T>(int column)
            where T : struct, Enum => rows.IsDBNull(column) ? null : Enum.Parse<T>(rows.GetString(column));
        DateTimeOffset? Time(int column) => rows.IsDBNull(column) ? null : rows.GetFieldValue<DateTimeOffset>(column);
    }
}
