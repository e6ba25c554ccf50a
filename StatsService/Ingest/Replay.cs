using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Store;
using JasperFx.Events;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>Brings what is aside back: messages into their queue, parked facts into the store. May run any number of times; nothing counts twice.</summary>
internal sealed class Replay(DeadLetterQueues queues, ParkedFacts parked, EventAppender appender, Horizon horizon, AuditStore audit, TimeProvider time)
{
    private const string Discarded = "gb.parked-facts.discarded.v1";

    /// <summary>Parked facts read at once.</summary>
    private const int Page = 1_000;

    /// <summary>Tries everything once.</summary>
    public async Task<ReplayResult> RunAsync(CancellationToken cancellation)
    {
        var stored = await StoreParkedAsync(cancellation).ConfigureAwait(false);
        var messages = await queues.ReplayAsync(cancellation).ConfigureAwait(false);
        return new ReplayResult(messages, stored, await parked.CountAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>Gives up the facts that are parked, for good; the audit log says how many and who did.</summary>
    /// <returns>How many there were.</returns>
    public async Task<long> DiscardAsync(string actor, CancellationToken cancellation)
    {
        var (count, until) = await parked.ExtentAsync(cancellation).ConfigureAwait(false);
        if (count > 0)
        {
            var now = time.GetUtcNow();
            DomainChange told = new(
                Guid.CreateVersion7(now), null, "parked requests", Discarded, now, actor, "given up", new Dictionary<string, string>(StringComparer.Ordinal) { ["parked"] = count.ToString(CultureInfo.InvariantCulture) });
            await audit.StoreAsync(told.Id, AuditArea.Operators, [told], cancellation, operations => operations.QueueSqlCommand(ParkedFacts.Discard, until)).ConfigureAwait(false);
        }

        return count;
    }

    private async Task<int> StoreParkedAsync(CancellationToken cancellation)
    {
        var stored = 0;
        var before = await horizon.ReadAsync(cancellation).ConfigureAwait(false);
        ParkedFact? last = null;
        while (await parked.OldestAsync(last, Page, cancellation).ConfigureAwait(false) is { Length: > 0 } page)
        {
            foreach (var fact in page)
            {
                stored += await TryStoreAsync(fact, before, cancellation).ConfigureAwait(false) ? 1 : 0;
            }

            last = page[^1];
        }

        return stored;
    }

    private async Task<bool> TryStoreAsync(ParkedFact parkedFact, DateTimeOffset before, CancellationToken cancellation)
    {
        if (parkedFact.Fact is not { } fact || !FactStore.IsSound(fact) || fact.StartedAt < before)
        {
            return false;
        }

        // Its segment counted it when it was parked.
        var outcome = await appender.AppendAsync(parkedFact.Batch, [new Event<RequestFact>(fact) { Id = fact.Id }], horizon.Guard, cancellation).ConfigureAwait(false);
        if (outcome.Refused.Count > 0)
        {
            return false;
        }

        await parked.RemoveAsync(parkedFact, cancellation).ConfigureAwait(false);
        return true;
    }
}
