using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using GeminiBalance.StatsService.Views;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace GeminiBalance.StatsService.Activities;

/// <summary>
/// When each key and access key was last used: a row for each. <c>GET /stats/last-use</c> tells it, of ids or of all by pages. An upstream key is used by every
/// request that tried it, whatever came of it; an access key by every request it sent, refused ones included.
/// </summary>
internal sealed class LastUseView : IView
{
    public const string TableName = "last_use";

    /// <summary>The most ids one question may name: more would not fit into the line of a request.</summary>
    public const int MostIds = 100;

    private const int DefaultLimit = 100;

    private const int MostListed = 1_000;

    private const string Upsert = $"""
        insert into {StoreExtensions.Schema}.{TableName} as t (used, id, at)
        select * from unnest(?, ?, ?)
        on conflict (used, id) do update set at = excluded.at where t.at < excluded.at
        """;

    private const string Select = $"""
        select id, at from {StoreExtensions.Schema}.{TableName}
        where used = $1 and ($2::uuid[] is null or id = any($2)) and ($3::uuid is null or id > $3) order by id limit $4
        """;

    public string Name => TableName;

    public IReadOnlyList<Table> Tables { get; } = [BuildTable()];

    public IEnumerable<TableChange> Project(IEnumerable<RequestFact> facts)
    {
        var uses = Fold(facts).ToArray();
        if (uses.Length > 0)
        {
            yield return new TableChange(
                Upsert,
                Array.ConvertAll(uses, use => use.Key.Used.ToString()),
                Array.ConvertAll(uses, use => use.Key.Id),
                Array.ConvertAll(uses, use => use.Value));
        }
    }

    /// <summary>The newest use of each in a page.</summary>
    public static IReadOnlyDictionary<(UsedKind Used, Guid Id), DateTimeOffset> Fold(IEnumerable<RequestFact> facts)
    {
        var uses = new Dictionary<(UsedKind, Guid), DateTimeOffset>();
        foreach (var fact in facts)
        {
            var at = fact.StartedAt.ToUniversalTime();
            if (fact.AccessKeyId is { } accessKey)
            {
                Use(UsedKind.AccessKey, accessKey, at);
            }

            foreach (var attempt in fact.Attempts)
            {
                Use(UsedKind.Key, attempt.KeyId, at);
            }
        }

        return uses;

        void Use(UsedKind used, Guid id, DateTimeOffset at)
        {
            if (!uses.TryGetValue((used, id), out var known) || known < at)
            {
                uses[(used, id)] = at;
            }
        }
    }

    public void Map(RouteGroupBuilder stats) => stats.MapGet("/last-use", GetAsync);

    private static async Task<IResult> GetAsync([AsParameters] Asked asked, NpgsqlDataSource source, CancellationToken cancellation)
    {
        var (used, problem) = Words.ReadOptional<UsedKind>("of", asked.Of);
        if (problem is not null)
        {
            return problem;
        }

        var ids = asked.Id ?? [];
        var wanted = new Guid[ids.Length];
        for (var n = 0; n < ids.Length; n++)
        {
            if (!Guid.TryParseExact(ids[n], "D", out wanted[n]))
            {
                return BadParameter.Of("id", "must be the id of a key or access key.");
            }
        }

        if (ids.Length > MostIds)
        {
            return BadParameter.Of("id", $"is there {ids.Length} times; at most {MostIds} are answered at once.");
        }

        if (!Words.TryReadId(asked.After, out var after))
        {
            return BadParameter.Of("after", "must be what an earlier page gave as next.");
        }

        return PageLimit.Read(asked.Limit, ids.Length > 0 ? MostListed : DefaultLimit, MostListed) is { } limit
            ? TypedResults.Ok(await PageAsync(source, used ?? UsedKind.AccessKey, ids.Length > 0 ? wanted : null, after, limit, cancellation).ConfigureAwait(false))
            : PageLimit.Problem(MostListed);
    }

    private static async Task<LastUsePage> PageAsync(NpgsqlDataSource source, UsedKind used, Guid[]? ids, Guid? after, int limit, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand(Select);
        command.Parameters.Add(new() { Value = used.ToString() });
        command.Parameters.Add(new() { Value = (object?)ids ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = limit + 1 });
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        var items = new List<LastUse>();
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            items.Add(new LastUse(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1)));
        }

        if (items.Count <= limit)
        {
            return new LastUsePage(items, null, used);
        }

        items.RemoveAt(limit);
        return new LastUsePage(items, items[^1].Id, used);
    }

    private static Table BuildTable()
    {
        var table = new Table($"{StoreExtensions.Schema}.{TableName}");
        table.AddColumn("used", "text").AsPrimaryKey();
        table.AddColumn("id", "uuid").AsPrimaryKey();
        table.AddColumn("at", "timestamp with time zone").NotNull();
        return table;
    }

    /// <summary>The query parameters.</summary>
    internal sealed record Asked(string? Of, string[]? Id, string? After, string? Limit);
}
