using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Store;
using MassTransit;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>A message that no retry can help: it goes to the error queue, where an operator finds it.</summary>
internal sealed class UnreadableMessageException(string message) : Exception(message);

/// <summary>Brings a proxy's batch into the store. The bus forgets the batch only after the commit.</summary>
internal sealed partial class RequestsCompletedConsumer(
    FactStore store, IngestMetrics metrics, TimeProvider time, ILogger<RequestsCompletedConsumer> logger)
    : IConsumer<RequestsCompleted>
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    public async Task Consume(ConsumeContext<RequestsCompleted> context)
    {
        var batch = context.Message;
        if (batch.Facts is null || batch.BatchId == Guid.Empty)
        {
            throw new UnreadableMessageException("The batch has no id or no facts.");
        }

        using var traces = FactTraces.Start(batch);
        var outcome = await StoreAsync(batch, traces, context.CancellationToken).ConfigureAwait(false);
        metrics.Count(outcome);
        if (outcome.Refused.Count > 0)
        {
            var ids = string.Join(", ", outcome.Refused.Take(5).Select(fact => fact?.Id));
            LogRefused(outcome.Refused.Count, batch.BatchId, ids);
        }
    }

    /// <summary>Waits here while the store is away: given up, the batch would leave the queue for the error queue, and an outage would fill that.</summary>
    private async Task<BatchOutcome> StoreAsync(RequestsCompleted batch, FactTraces traces, CancellationToken cancellation)
    {
        for (var wait = ShortestWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                return await store.StoreAsync(batch, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (StoreFault.IsPassing(e) && !cancellation.IsCancellationRequested)
            {
                metrics.Waited();
                LogWaiting(batch.BatchId, wait, e);
                await Task.Delay(wait, time, cancellation).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                traces.Failed(e);
                throw;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Count} facts of batch {Batch} cannot be stored and are parked: {Ids}")]
    private partial void LogRefused(int count, Guid batch, string ids);

    [LoggerMessage(2, LogLevel.Warning, "The store does not take batch {Batch}; next try in {Wait}")]
    private partial void LogWaiting(Guid batch, TimeSpan wait, Exception e);
}
