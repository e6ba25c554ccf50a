using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Probing;
using GeminiBalance.KeyHealthService.Quotas;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Loads what the decisions on a message of failures rest on.</summary>
internal static class FailureFacts
{
    /// <summary>Whether failures like this one can take keys, or most pools at once, out. A limit to what may be spent is the account's own, however many reach theirs.</summary>
    public static bool MayEject(KeyAttemptFailure failure) => failure.Reason != KeyAttemptFailure.SpendReason && failure.Outcome
        is UpstreamOutcomeClass.KeyInvalid or UpstreamOutcomeClass.KeyForbidden or UpstreamOutcomeClass.BillingRequired or UpstreamOutcomeClass.QuotaUnspecified;

    /// <summary>Quotas, limits, last successes, the keys of an empty billing account, and whether a key would be the last of its model.</summary>
    public static async Task LoadAsync(IDocumentSession session, NpgsqlTransaction transaction, FailureCase found, KeyAttemptFailure[] failures, CancellationToken cancellation)
    {
        var pairs = failures.Select(failure => (found.Keys[failure.KeyId].Pool, failure.Model)).Distinct().ToArray();
        QuotaMetric?[] metrics = [null, .. Enum.GetValues<QuotaMetric>()];
        foreach (var quota in await session.LoadManyAsync<Quota>(cancellation, [.. pairs.SelectMany(pair => metrics.Select(metric => Quota.IdOf(pair.Pool, pair.Model, metric)))]))
        {
            found.Quotas[quota.Id] = quota;
        }

        foreach (var limits in await session.LoadManyAsync<QuotaLimits>(cancellation, [.. pairs.Select(pair => QuotaLimits.IdOf(pair.Pool, pair.Model))]))
        {
            found.Limits[limits.Id] = limits;
        }

        foreach (var (pool, model, at) in await QuotaLedger.SuccessesAsync(transaction, pairs, cancellation))
        {
            found.Successes[(pool, model)] = at;
        }

        foreach (var (keyId, at) in await ProbeAgenda.FoundGoodAsync(transaction, found.Keys.Keys, cancellation))
        {
            found.FoundGood[keyId] = at;
        }

        foreach (var failure in failures.Where(failure => failure.Outcome == UpstreamOutcomeClass.BillingRequired))
        {
            var billed = await BilledAsync(session, found.Keys[failure.KeyId], cancellation);
            found.Billed[failure.KeyId] = [.. billed.Select(key => key.Id)];
            foreach (var key in billed)
            {
                found.Keys.TryAdd(key.Id, key);
            }
        }

        foreach (var model in failures.Where(failure => failure.Outcome is UpstreamOutcomeClass.KeyForbidden or UpstreamOutcomeClass.BillingRequired).GroupBy(failure => failure.Model))
        {
            found.Usable[model.Key] = await KeyList.UsableAsync(transaction.Connection!, model.Key, found.Keys.Count + 1, cancellation);
        }
    }

    /// <summary>The keys that stop when a key's billing account is empty: those of its project, and of every project on the same account.</summary>
    private static async Task<IReadOnlyList<Key>> BilledAsync(IDocumentSession session, Key key, CancellationToken cancellation)
    {
        if (key.Project is null)
        {
            return [key];
        }

        var projects = new List<string> { key.Project };
        if (await session.LoadAsync<Project>(Project.Unknown(key.Project).Id, cancellation) is { BillingAccount: { } account })
        {
            var siblings = await session.Query<Project>().Where(project => project.BillingAccount == account).ToListAsync(cancellation);
            projects.AddRange(siblings.Select(project => project.Name));
        }

        var pools = projects.Distinct().Select(project => QuotaPool.Of(Guid.Empty, project)).ToArray();
        var keys = await session.Query<Key>().Where(other => other.Pool.IsOneOf(pools)).ToListAsync(cancellation);
        return [key, .. keys.Where(other => other.Id != key.Id)];
    }
}
