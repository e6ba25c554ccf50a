using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Publishing;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Adds what proxies used to the quota ledger, each report once, and clears new and degraded keys that worked.</summary>
internal sealed class UsageIntake(IDocumentStore store, NpgsqlDataSource database, KeyCommands commands, PoolPump pump, TimeProvider time)
{
    private const int LongestModel = 128;

    /// <summary>Applies one report. One that was applied before changes nothing.</summary>
    public async Task ApplyAsync(Guid messageId, KeyUsageReported report, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var at = report.At < now ? report.At.ToUniversalTime() : now;
        var sound = report with { Usage = [.. report.Usage.Where(use => use.Model.Length <= LongestModel)] };
        if (!await AddAsync(messageId, sound, at, now, cancellation))
        {
            return;
        }

        var worked = sound.Usage.Where(use => use.Successes > 0).Select(use => use.KeyId).Distinct().ToArray();
        foreach (var id in await UnsureAsync(worked, cancellation))
        {
            var evidence = new Evidence(UpstreamOutcomeClass.Succeeded, 200, at, Causers.Proxy(report.Proxy), id);
            await commands.ExecuteAsync(id, (key, decidedAt) => key.MayServe ? KeyDecider.Judge(key, new KeyVerdict(KeyStatus.Healthy, null), evidence, decidedAt) : [], cancellation);
            pump.Nudge();
        }
    }

    private async Task<bool> AddAsync(Guid messageId, KeyUsageReported report, DateTimeOffset at, DateTimeOffset now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await Inbox.EnterAsync(transaction, messageId, now, cancellation, Inbox.Reports))
        {
            return false;
        }

        await QuotaLedger.AddAsync(transaction, report, at, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>Those of the keys that a success says something new about. Invalid and forbidden keys are not among them: what was on its way when they stopped proves nothing.</summary>
    private async Task<IReadOnlyList<Guid>> UnsureAsync(Guid[] keys, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.Query<Key>()
            .Where(key => key.Id.IsOneOf(keys) && (key.Status == KeyStatus.New || key.Status == KeyStatus.Degraded))
            .Select(key => key.Id).ToListAsync(cancellation);
    }
}
