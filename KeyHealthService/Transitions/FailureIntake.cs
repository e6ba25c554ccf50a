using System.Diagnostics;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Turns failed upstream calls into transitions of keys and quotas, each message once.</summary>
internal sealed class FailureIntake(IDocumentStore store, NpgsqlDataSource database, PoolPump pump, TimeProvider time, Random chance)
{
    private const int LongestModel = 128;
    private static readonly ActivitySource Activities = new("GeminiBalance.KeyHealthService");

    /// <summary>Applies one message. A message that was applied before changes nothing.</summary>
    public async Task ApplyAsync(Guid messageId, KeyAttemptsFailed message, CancellationToken cancellation)
    {
        using var activity = Activities.StartActivity(
            "apply key failures", ActivityKind.Internal, default(ActivityContext), links: LinksOf(message));
        var changed = await Conflicts.OnceMoreAsync(() => ApplyOnceAsync(messageId, message, cancellation));
        if (changed)
        {
            pump.Nudge();
        }
    }

    private async Task<bool> ApplyOnceAsync(Guid messageId, KeyAttemptsFailed message, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var now = time.GetUtcNow();
        if (!await Inbox.EnterAsync(transaction, messageId, now, cancellation))
        {
            return false;
        }

        await using var session = store.LightweightSession(Marten.Services.SessionOptions.ForTransaction(transaction));
        var pending = await DecideAsync(session, message, now, cancellation);
        pending.AppendTo(session);
        await session.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return !pending.IsEmpty;
    }

    private async Task<PendingEvents> DecideAsync(IDocumentSession session, KeyAttemptsFailed message, DateTimeOffset now, CancellationToken cancellation)
    {
        var failures = message.Failures.Where(failure => failure.Model.Length <= LongestModel).ToArray();
        var keys = (await session.LoadManyAsync<Key>(cancellation, [.. failures.Select(failure => failure.KeyId).Distinct()])).ToDictionary(key => key.Id);
        var quotaIds = failures.Where(failure => keys.ContainsKey(failure.KeyId)).Select(failure => Quota.IdOf(keys[failure.KeyId].Pool, failure.Model)).Distinct();
        var quotas = (await session.LoadManyAsync<Quota>(cancellation, [.. quotaIds])).ToDictionary(quota => quota.Id);

        var pending = new PendingEvents();
        foreach (var failure in failures)
        {
            if (!keys.TryGetValue(failure.KeyId, out var key))
            {
                continue;
            }

            // A proxy's clock may run ahead; nothing that happened lies in the future.
            var at = failure.At < now ? failure.At : now;
            var evidence = new Evidence(failure.Outcome, failure.Status, at, Causers.Proxy(message.Proxy), key.Id, failure.QuotaId, failure.QuotaLimit);
            switch (Blame.Of(failure.Outcome, failure.Reason, at, failure.RetryAfter, chance.NextDouble()))
            {
                case KeyVerdict verdict:
                    var keyEvents = KeyDecider.Judge(key, verdict, evidence, now);
                    pending.Add(key.Id, key.Version, keyEvents);
                    keys[key.Id] = keyEvents.Aggregate(key, (state, e) => Key.After(state, e)!);
                    break;
                case QuotaVerdict verdict:
                    var quota = quotas.GetValueOrDefault(Quota.IdOf(key.Pool, failure.Model)) ?? Quota.Unknown(key.Pool, failure.Model);
                    var quotaEvents = QuotaDecider.Judge(quota, verdict, evidence, now);
                    pending.Add(quota.Id, quota.Version, quotaEvents);
                    quotas[quota.Id] = quotaEvents.Aggregate(quota, Quota.After);
                    break;
                default:
                    break;
            }
        }

        return pending;
    }

    /// <summary>The requests that failed, so that their traces lead here.</summary>
    private static IEnumerable<ActivityLink> LinksOf(KeyAttemptsFailed message) => message.Failures
        .Select(failure => failure.TraceParent).Distinct().Take(32)
        .Where(parent => parent is not null && ActivityContext.TryParse(parent, null, out _))
        .Select(parent => new ActivityLink(ActivityContext.Parse(parent!, null)));
}
