using GeminiBalance.Contracts;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>Reads limits and use of quota pools as proxies see them.</summary>
internal sealed class QuotaReader(NpgsqlDataSource database, IDocumentStore store, TimeProvider time)
{
    private static readonly QuotaMetric[] Metrics = Enum.GetValues<QuotaMetric>();

    /// <summary>Every model of pools that has a known limit. The model <c>*</c> stands for those without an entry of their own.</summary>
    /// <param name="pools">The pools; null means all.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<List<PoolQuota>> ReadAsync(string[]? pools, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        await using var session = store.QuerySession();
        var query = session.Query<QuotaLimits>();
        var limits = await (pools is null ? query : query.Where(one => one.Pool.IsOneOf(pools))).ToListAsync(cancellation);
        var byPool = limits.ToLookup(one => one.Pool);
        var uses = (await UsesAsync([.. byPool.Select(pool => pool.Key)], cancellation)).ToLookup(use => use.Pool, use => (use.Model, use.Use));
        return [.. byPool.SelectMany(pool => Of(pool.Key, [.. pool], [.. uses[pool.Key]], now))];
    }

    /// <summary>What pools have used, model by model.</summary>
    public async Task<List<(string Pool, string Model, QuotaLedger.Use Use)>> UsesAsync(string[] pools, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select pool, model, minute, minute_requests, minute_tokens, day, day_requests, day_tokens from keys.quota_use where pool = any($1)");
        command.Parameters.Add(new() { Value = pools });
        var uses = new List<(string, string, QuotaLedger.Use)>();
        await using var rows = await command.ExecuteReaderAsync(cancellation);
        while (await rows.ReadAsync(cancellation))
        {
            uses.Add((rows.GetString(0), rows.GetString(1), new QuotaLedger.Use(
                rows.GetFieldValue<DateTimeOffset>(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetFieldValue<DateOnly>(5), rows.GetInt64(6), rows.GetInt64(7))));
        }

        return uses;
    }

    /// <summary>The models of one pool. Pure.</summary>
    public static IEnumerable<PoolQuota> Of(string pool, QuotaLimits[] limits, (string Model, QuotaLedger.Use Use)[] uses, DateTimeOffset now)
    {
        var every = limits.FirstOrDefault(one => one.Model == QuotaLimits.EveryModel);
        var used = uses.ToDictionary(one => one.Model, one => one.Use);
        foreach (var model in limits.Select(one => one.Model).Concat(used.Keys).Distinct())
        {
            var own = limits.FirstOrDefault(one => one.Model == model);
            var use = used.GetValueOrDefault(model);
            var windows = Metrics
                .Select(metric => (Metric: metric, Limit: own?.Of(metric) ?? every?.Of(metric), Window: use.At(metric, now)))
                .Where(one => one.Limit is not null)
                .Select(one => new QuotaWindow(one.Metric, one.Limit!.Value, one.Window.Used, one.Window.EndsAt))
                .ToArray();
            if (windows.Length > 0 || own is not null)
            {
                yield return new PoolQuota(pool, model, windows);
            }
        }
    }
}
