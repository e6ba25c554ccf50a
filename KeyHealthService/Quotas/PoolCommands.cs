using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using Marten;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>Executes an operator's commands on quota pools.</summary>
internal sealed class PoolCommands(IDocumentStore store, TimeProvider time)
{
    /// <summary>Describes a project.</summary>
    /// <returns>The other project that has the same number; null when all is well.</returns>
    public Task<string?> DescribeAsync(string name, EditPool edit, string by, CancellationToken cancellation) => Conflicts.OnceMoreAsync(async () =>
    {
        await using var session = store.LightweightSession();
        if (!string.IsNullOrWhiteSpace(edit.Number)
            && await session.Query<Project>().Where(other => other.Number == edit.Number && other.Name != name).FirstOrDefaultAsync(cancellation) is { } overlapping)
        {
            return overlapping.Name;
        }

        var project = await session.LoadAsync<Project>(Project.Unknown(name).Id, cancellation) ?? Project.Unknown(name);
        await AppendAsync(session, project.Id, project.Version, project.Edit(edit, by, time.GetUtcNow()), cancellation);
        return null;
    });

    /// <summary>Sets the limits of a model.</summary>
    public Task<bool> LimitAsync(string pool, SetLimits set, string by, CancellationToken cancellation) => Conflicts.OnceMoreAsync(async () =>
    {
        await using var session = store.LightweightSession();
        var limits = await session.LoadAsync<QuotaLimits>(QuotaLimits.IdOf(pool, set.Model), cancellation) ?? QuotaLimits.Unknown(pool, set.Model);
        return await AppendAsync(session, limits.Id, limits.Version, limits.Change(set, by, time.GetUtcNow()), cancellation);
    });

    /// <summary>Ends the states of a model, or of all.</summary>
    public Task<bool> ResetAsync(string pool, string? model, string by, CancellationToken cancellation) => Conflicts.OnceMoreAsync(async () =>
    {
        await using var session = store.LightweightSession();
        var pending = new PendingEvents();
        foreach (var quota in await session.Query<Quota>().Where(quota => quota.Pool == pool && quota.Status != Health.QuotaStatus.Available).ToListAsync(cancellation))
        {
            if (model is null || quota.Model == model)
            {
                pending.Add(quota.Id, quota.Version, QuotaDecider.Reset(quota, by, time.GetUtcNow()));
            }
        }

        pending.AppendTo(session);
        await session.SaveChangesAsync(cancellation);
        return !pending.IsEmpty;
    });

    private static async Task<bool> AppendAsync(IDocumentSession session, Guid stream, long version, IReadOnlyList<IPoolEvent> events, CancellationToken cancellation)
    {
        var pending = new PendingEvents();
        pending.Add(stream, version, events);
        pending.AppendTo(session);
        await session.SaveChangesAsync(cancellation);
        return !pending.IsEmpty;
    }
}
