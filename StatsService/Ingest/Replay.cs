using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Store;
using JasperFx.Events;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>Brings what is aside back: messages into their queue, parked facts into the store. May run any number of times; nothing counts twice.</summary>
internal sealed class Replay(DeadLetterQueues queues, ParkedFacts parked, EventAppender appender, Horizon horizon)
{
    /// <summary>Parked facts tried in one run.</summary>
    private const int Most = 10_000;

    public async Task<ReplayResult> RunAsync(CancellationToken cancellation)
    {
        var stored = await StoreParkedAsync(cancellation).ConfigureAwait(false);
        var messages = await queues.ReplayAsync(cancellation).ConfigureAwait(false);
        return new ReplayResult(messages, stored, await parked.CountAsync(cancellation).ConfigureAwait(false));
    }

    private async Task<int> StoreParkedAsync(CancellationToken cancellation)
    {
        var stored = 0;
        var before = await horizon.ReadAsync(cancellation).ConfigureAwait(false);
        foreach (var parkedFact in await parked.ListAsync(Most, cancellation).ConfigureAwait(false))
        {
            if (parkedFact.Fact is not { } fact || !FactStore.IsSound(fact) || fact.StartedAt < before)
            {
                continue;
            }

            // Its segment counted it when it was parked.
            var outcome = await appender.AppendAsync(parkedFact.Batch, [new Event<RequestFact>(fact) { Id = fact.Id }], horizon.Guard, cancellation).ConfigureAwait(false);
            if (outcome.Refused.Count == 0)
            {
                await parked.RemoveAsync(parkedFact, cancellation).ConfigureAwait(false);
                stored++;
            }
        }

        return stored;
    }
}
