using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.StatsService.Ledger;
using GeminiBalance.StatsService.Views;
using MassTransit;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>From the bus to the store.</summary>
internal static class IngestModule
{
    public static void AddIngest(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<RequestsCompletedConsumer, RequestsCompletedDefinition>();
        bus.AddConsumer<DomainChangesConsumer, DomainChangesDefinition>();
        bus.AddReceiveObserver<FailureObserver>();
    }

    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        // A batch that waits for the store must not hold up the service's end; the broker hands it to the next one.
        services.Configure<MassTransitHostOptions>(options =>
        {
            options.StopTimeout = TimeSpan.FromSeconds(8);
            options.ConsumerStopTimeout = TimeSpan.FromSeconds(5);
        });
        services.AddHealthChecks().AddCheck<LedgerHealthCheck>("ledger");
        return services
            .AddSingleton<FactStore>()
            .AddSingleton<IngestMetrics>()
            .AddSingleton<AbsentQueues>()
            .AddSingleton<DeadLetterQueues>()
            .AddSingleton<Replay>()
            .AddSingleton<LedgerWatch>()
            .AddHostedService(provider => provider.GetRequiredService<LedgerWatch>());
    }

    public static RouteGroupBuilder MapIngest(this RouteGroupBuilder stats)
    {
        stats.MapGet("/dead-letters", async (string? limit, DeadLetterQueues queues, ParkedFacts parked, CancellationToken cancellation) =>
            PageLimit.Read(limit, 100, 1_000) is { } wanted
                ? TypedResults.Ok(new DeadLetters(
                    await queues.DepthsAsync(cancellation).ConfigureAwait(false),
                    await parked.CountAsync(cancellation).ConfigureAwait(false),
                    await parked.ListAsync(wanted, cancellation).ConfigureAwait(false)))
                : (IResult)PageLimit.Problem(1_000));
        stats.MapPost("/dead-letters/replay", async (Replay replay, CancellationToken cancellation) =>
            TypedResults.Ok(await replay.RunAsync(cancellation).ConfigureAwait(false)));
        stats.MapDelete("/dead-letters/parked", async (HttpContext context, Replay replay, CancellationToken cancellation) =>
            TypedResults.Ok(new DiscardedFacts(await replay.DiscardAsync(context.Actor(), cancellation).ConfigureAwait(false))));
        return stats;
    }
}

/// <summary>The queue of batches.</summary>
internal sealed class RequestsCompletedDefinition : ConsumerDefinition<RequestsCompletedConsumer>
{
    public const string Queue = "stats.requests-completed.v1";

    /// <summary>Where the broker puts a batch whose consumers keep dying over it.</summary>
    public const string DeadLetterQueue = Queue + "_dead";

    private const int DeliveryLimit = 50;

    public RequestsCompletedDefinition()
    {
        EndpointName = Queue;
        ConcurrentMessageLimit = 2;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpoint, IConsumerConfigurator<RequestsCompletedConsumer> consumer, IRegistrationContext context)
    {
        endpoint.PrefetchCount = 8;
        endpoint.UseMessageRetry(retry =>
        {
            retry.Ignore<UnreadableMessageException>();
            retry.Intervals(200, 1_000, 5_000);
        });
        SafeQueue.Configure(endpoint, DeadLetterQueue, DeliveryLimit);
    }
}

/// <summary>A queue that loses nothing: replicated, with a limit to how often it delivers the same message, after which the message is kept aside.</summary>
internal static class SafeQueue
{
    public static void Configure(IReceiveEndpointConfigurator endpoint, string deadLetterQueue, int deliveryLimit)
    {
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            rabbit.SetQuorumQueue();
            rabbit.SetQueueArgument("x-delivery-limit", deliveryLimit);
            rabbit.BindDeadLetterQueue(deadLetterQueue, deadLetterQueue, queue => queue.SetQuorumQueue());
            rabbit.SetQueueArgument("x-dead-letter-strategy", "at-least-once");
            rabbit.SetQueueArgument("x-overflow", "reject-publish");
        }
    }
}
