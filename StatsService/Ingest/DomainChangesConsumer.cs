using GeminiBalance.Contracts;
using GeminiBalance.StatsService.Audit;
using GeminiBalance.StatsService.Store;
using MassTransit;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>Brings what the control plane and the operators did into the store.</summary>
internal sealed class DomainChangesConsumer(AuditStore store, TimeProvider time)
    : IConsumer<KeyChanged>, IConsumer<AccessKeyChanged>, IConsumer<SettingsChanged>, IConsumer<ModelChanged>, IConsumer<OperatorActed>
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    public Task Consume(ConsumeContext<KeyChanged> context) => StoreAsync(context.Message.BatchId, AuditArea.Keys, context.Message.Changes, context.CancellationToken);

    public Task Consume(ConsumeContext<AccessKeyChanged> context) => StoreAsync(context.Message.BatchId, AuditArea.AccessKeys, context.Message.Changes, context.CancellationToken);

    public Task Consume(ConsumeContext<SettingsChanged> context) => StoreAsync(context.Message.BatchId, AuditArea.Settings, context.Message.Changes, context.CancellationToken);

    public Task Consume(ConsumeContext<ModelChanged> context) => StoreAsync(context.Message.BatchId, AuditArea.Models, context.Message.Changes, context.CancellationToken);

    public Task Consume(ConsumeContext<OperatorActed> context) => StoreAsync(context.Message.BatchId, AuditArea.Operators, context.Message.Changes, context.CancellationToken);

    private async Task StoreAsync(Guid batchId, AuditArea area, IReadOnlyList<DomainChange>? changes, CancellationToken cancellation)
    {
        if (batchId == Guid.Empty || changes is null || changes.Any(change => change is null || change.Id == Guid.Empty || change.Kind is null || change.Subject is null || change.Actor is null || change.Cause is null))
        {
            throw new UnreadableMessageException("The message has no id, or a change in it lacks what every change has.");
        }

        while (true)
        {
            try
            {
                var refused = await store.StoreAsync(batchId, area, changes, cancellation).ConfigureAwait(false);
                if (refused.Count > 0)
                {
                    throw new UnreadableMessageException($"{refused.Count} changes of message {batchId} cannot be stored.");
                }

                return;
            }
            catch (Exception e) when (StoreFault.IsPassing(e) && !cancellation.IsCancellationRequested)
            {
                await Task.Delay(Wait, time, cancellation).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>The queue of changes: one at a time, so that the log is written in the order in which it was told.</summary>
internal sealed class DomainChangesDefinition : ConsumerDefinition<DomainChangesConsumer>
{
    public const string Queue = "stats.domain-changes.v1";

    public const string DeadLetterQueue = Queue + "_dead";

    private const int DeliveryLimit = 50;

    public DomainChangesDefinition()
    {
        EndpointName = Queue;
        ConcurrentMessageLimit = 1;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpoint, IConsumerConfigurator<DomainChangesConsumer> consumer, IRegistrationContext context)
    {
        endpoint.PrefetchCount = 4;
        endpoint.UseMessageRetry(retry =>
        {
            retry.Ignore<UnreadableMessageException>();
            retry.Intervals(200, 1_000, 5_000);
        });
        SafeQueue.Configure(endpoint, DeadLetterQueue, DeliveryLimit);
    }
}
