using MassTransit;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>From the bus to the store.</summary>
internal static class IngestModule
{
    public static void AddIngest(this IBusRegistrationConfigurator bus) =>
        bus.AddConsumer<RequestsCompletedConsumer, RequestsCompletedDefinition>();

    public static IServiceCollection AddIngest(this IServiceCollection services)
    {
        // A batch that waits for the store must not hold up the service's end; the broker hands it to the next one.
        services.Configure<MassTransitHostOptions>(options =>
        {
            options.StopTimeout = TimeSpan.FromSeconds(8);
            options.ConsumerStopTimeout = TimeSpan.FromSeconds(5);
        });
        return services.AddSingleton<FactStore>().AddSingleton<IngestMetrics>();
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
            retry.Ignore<UnstorableFactsException>();
            retry.Intervals(200, 1_000, 5_000);
        });
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            rabbit.SetQuorumQueue();
            rabbit.SetQueueArgument("x-delivery-limit", DeliveryLimit);
            rabbit.BindDeadLetterQueue(DeadLetterQueue, DeadLetterQueue, queue => queue.SetQuorumQueue());
            rabbit.SetQueueArgument("x-dead-letter-strategy", "at-least-once");
            rabbit.SetQueueArgument("x-overflow", "reject-publish");
        }
    }
}
