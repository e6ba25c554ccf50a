using GeminiBalance.Contracts;
using Marten;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.KeyHealthService.AccessKeys;

/// <summary>Access keys as operators see them, page by page. Two statements for ten keys and for a hundred thousand.</summary>
internal sealed class AccessKeyList(NpgsqlDataSource database, IDocumentStore store)
{
    private const string Matching =
        """
        from keys.mt_doc_access_key
        where (@search::text is null or data ->> 'name' ilike @search or data ->> 'prefix' ilike @search or data #>> '{terms,owner}' ilike @search
            or data #>> '{terms,note}' ilike @search or data #>> '{terms,tags}' ilike @search)

        """;

    /// <summary>A page, newest first.</summary>
    /// <param name="search">Part of name, first characters, owner, note or tags; null means all.</param>
    /// <param name="after">The last access key of the page before; null for the first page.</param>
    /// <param name="limit">The most access keys of the page.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<AccessKeyPage> PageAsync(string? search, Guid? after, int limit, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        var count = new NpgsqlBatchCommand($"select count(*)::int {Matching}");
        var page = new NpgsqlBatchCommand($"select data {Matching} and (@after::uuid is null or id < @after) order by id desc limit @limit");
        foreach (var command in (NpgsqlBatchCommand[])[count, page])
        {
            command.Parameters.Add(new("search", NpgsqlDbType.Text) { Value = search is null ? DBNull.Value : $"%{Literal(search)}%" });
            batch.BatchCommands.Add(command);
        }

        page.Parameters.Add(new("after", NpgsqlDbType.Uuid) { Value = (object?)after ?? DBNull.Value });
        page.Parameters.Add(new("limit", NpgsqlDbType.Integer) { Value = limit + 1 });
        await using var rows = await batch.ExecuteReaderAsync(cancellation);
        await rows.ReadAsync(cancellation);
        var total = rows.GetInt32(0);
        await rows.NextResultAsync(cancellation);
        var serializer = store.Options.Serializer();
        var keys = new List<AccessKeyView>();
        while (await rows.ReadAsync(cancellation))
        {
            await using var data = await rows.GetStreamAsync(0, cancellation);
            keys.Add((await serializer.FromJsonAsync<AccessKey>(data, cancellation)).View);
        }

        AccessKeyView[] items = [.. keys.Take(limit)];
        return new AccessKeyPage(items, keys.Count > limit ? items[^1].Id.ToString() : null, total);
    }

    /// <summary>The characters that LIKE gives a meaning are meant as they stand.</summary>
    private static string Literal(string search) =>
        search.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
}
