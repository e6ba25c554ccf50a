using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using Marten;
using Npgsql;
using NpgsqlTypes;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>Quota pools as operators see them. The same number of statements for every page.</summary>
internal sealed class PoolList(NpgsqlDataSource database, IDocumentStore store, QuotaReader quotas, TimeProvider time)
{
    private const string Pools =
        """
        with pools as (
            select k.pool, k.data ->> 'project' project, count(*)::int keys from keys.mt_doc_key k where k.status <> 'Retired' group by 1, 2
            union
            select 'project:' || (p.data ->> 'name'), p.data ->> 'name', 0 from keys.mt_doc_project p
            where not exists (select 1 from keys.mt_doc_key k where k.status <> 'Retired' and k.pool = 'project:' || (p.data ->> 'name')))

        """;

    private sealed record Entry(string Pool, string? Project, int Keys, int Total);

    /// <summary>A page of pools by name.</summary>
    public async Task<PoolPage> PageAsync(string? after, int limit, CancellationToken cancellation)
    {
        var entries = await EntriesAsync($"{Pools} select pool, project, keys, (select count(*)::int from pools) from pools where $1::text is null or pool > $1 order by pool limit {limit + 1}", after, cancellation);
        var items = await ViewsAsync([.. entries.Take(limit)], cancellation);
        return new PoolPage(items, entries.Count > limit ? items[^1].Pool : null, entries.Count == 0 ? 0 : entries[0].Total);
    }

    /// <summary>One pool; null when no key draws from it and nothing was said about it.</summary>
    public async Task<PoolView?> FindAsync(string pool, CancellationToken cancellation)
    {
        var entries = await EntriesAsync($"{Pools} select pool, project, keys, 1 from pools where pool = $1", pool, cancellation);
        return (await ViewsAsync(entries, cancellation)).SingleOrDefault();
    }

    private async Task<List<Entry>> EntriesAsync(string sql, string? pool, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = (object?)pool ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        var entries = new List<Entry>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            entries.Add(new Entry(rows.GetString(0), rows.IsDBNull(1) ? null : rows.GetString(1), rows.GetInt32(2), rows.GetInt32(3)));
        }

        return entries;
    }

    private async Task<PoolView[]> ViewsAsync(IReadOnlyList<Entry> entries, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        string[] pools = [.. entries.Select(entry => entry.Pool)];
        await using var session = store.QuerySession();
        var projects = (await session.LoadManyAsync<Project>(cancellation, [.. entries.Where(entry => entry.Project is not null).Select(entry => Project.Unknown(entry.Project!).Id)]))
            .ToDictionary(project => project.Name);
        var limits = (await session.Query<QuotaLimits>().Where(one => one.Pool.IsOneOf(pools)).ToListAsync(cancellation)).ToLookup(one => one.Pool);
        var states = (await session.Query<Quota>().Where(one => one.Pool.IsOneOf(pools) && one.Status != QuotaStatus.Available && one.Until > now).ToListAsync(cancellation)).ToLookup(one => one.Pool);
        var uses = (await quotas.UsesAsync(pools, cancellation)).ToLookup(use => use.Pool);
        return [.. entries.Select(entry =>
        {
            var project = entry.Project is null ? null : projects.GetValueOrDefault(entry.Project);
            var models = ModelsOf([.. limits[entry.Pool]], uses[entry.Pool].ToDictionary(use => use.Model, use => use.Use), states[entry.Pool].ToLookup(state => state.Model), now);
            return new PoolView(entry.Pool, entry.Project, project?.Number, project?.BillingAccount, project?.Tier, entry.Keys, [.. models]);
        })];
    }

    private static IEnumerable<PoolModelView> ModelsOf(QuotaLimits[] limits, Dictionary<string, QuotaLedger.Use> uses, ILookup<string, Quota> states, DateTimeOffset now)
    {
        var every = limits.FirstOrDefault(one => one.Model == QuotaLimits.EveryModel);
        foreach (var model in limits.Select(one => one.Model).Concat(uses.Keys).Concat(states.Select(state => state.Key)).Distinct().Order(StringComparer.Ordinal))
        {
            var own = limits.FirstOrDefault(one => one.Model == model);
            var use = uses.GetValueOrDefault(model);
            var metrics = Enum.GetValues<QuotaMetric>().Select(metric =>
            {
                var (used, endsAt) = use.At(metric, now);
                return new PoolMetricView(metric, own?.Of(metric) ?? every?.Of(metric), own?.Set.ContainsKey(metric) == true || (own?.Of(metric) is null && every?.Set.ContainsKey(metric) == true), used, endsAt);
            });
            yield return new PoolModelView(model, [.. metrics.Where(metric => metric.Limit is not null || metric.Used > 0)], [.. states[model].Select(StateOf)]);
        }
    }

    private static PoolQuotaState StateOf(Quota quota) => new(quota.Metric, Enum.Parse<KeyStatus>(quota.Status.ToString()), quota.Until, quota.Since, quota.UpstreamQuota);
}
