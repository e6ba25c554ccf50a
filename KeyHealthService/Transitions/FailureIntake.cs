using System.Diagnostics;
using System.Text.RegularExpressions;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Guarding;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Turns failed upstream calls into transitions of keys and quotas, each message once.</summary>
internal sealed partial class FailureIntake(IDocumentStore store, NpgsqlDataSource database, PoolPump pump, TimeProvider time, Random chance)
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
        var pending = await DecideAsync(session, transaction, message, now, cancellation);
        pending.AppendTo(session);
        await session.SaveChangesAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return !pending.IsEmpty;
    }

    private async Task<PendingEvents> DecideAsync(
        IDocumentSession session, NpgsqlTransaction transaction, KeyAttemptsFailed message, DateTimeOffset now, CancellationToken cancellation)
    {
        var by = Causers.Proxy(message.Proxy);
        var found = new FailureCase(now);
        foreach (var key in await session.LoadManyAsync<Key>(cancellation, [.. message.Failures.Select(failure => failure.KeyId).Distinct()]))
        {
            found.Keys[key.Id] = key;
        }

        var failures = message.Failures.Where(failure => failure.Model.Length <= LongestModel && found.Keys.ContainsKey(failure.KeyId)).ToArray();
        await PlaceAsync(session, found, failures, by, cancellation);
        await FailureFacts.LoadAsync(session, transaction, found, failures, cancellation);
        await GuardAsync(session, transaction, found, failures, now, cancellation);
        foreach (var failure in failures)
        {
            found.Judge(failure, by, chance.NextDouble());
        }

        return found.Pending;
    }

    /// <summary>Puts keys nobody placed into the project that the upstream names.</summary>
    private static async Task PlaceAsync(IDocumentSession session, FailureCase found, KeyAttemptFailure[] failures, string by, CancellationToken cancellation)
    {
        foreach (var failure in failures.Where(failure => failure.Project is not null && ProjectNumber().IsMatch(failure.Project)))
        {
            if (found.Keys[failure.KeyId] is { Project: null } key)
            {
                var known = await session.Query<Project>().Where(project => project.Number == failure.Project).FirstOrDefaultAsync(cancellation);
                found.Place(key, known?.Name ?? failure.Project!, by);
            }
        }
    }

    /// <summary>Asks the guard about every class that could take keys out, and takes back what the same trouble did just before it showed.</summary>
    private static async Task GuardAsync(
        IDocumentSession session, NpgsqlTransaction transaction, FailureCase found, KeyAttemptFailure[] failures, DateTimeOffset now, CancellationToken cancellation)
    {
        foreach (var alike in failures.Where(FailureFacts.MayEject).GroupBy(failure => failure.Outcome))
        {
            var serving = alike.Select(failure => failure.KeyId).Where(id => found.Keys[id].MayServe).Distinct();
            if (!await PoolGuard.NoteAsync(session, transaction, alike.Key, serving, now, cancellation))
            {
                continue;
            }

            found.Troubles.Add(alike.Key);
            var ejected = await PoolGuard.FailingAsync(transaction, alike.Key, now, cancellation);
            foreach (var key in await session.LoadManyAsync<Key>(cancellation, [.. ejected.Where(id => !found.Keys.ContainsKey(id))]))
            {
                found.Keys[key.Id] = key;
            }

            ejected.ForEach(id => found.TakeBack(id, alike.Key, now - PoolGuard.Window));
        }
    }

    /// <summary>The requests that failed, so that their traces lead here.</summary>
    private static IEnumerable<ActivityLink> LinksOf(KeyAttemptsFailed message) => message.Failures
        .Select(failure => failure.TraceParent).Distinct().Take(32)
        .Where(parent => parent is not null && ActivityContext.TryParse(parent, null, out _))
        .Select(parent => new ActivityLink(ActivityContext.Parse(parent!, null)));

    [GeneratedRegex(@"^projects/\d{1,20}$")]
    private static partial Regex ProjectNumber();
}
