using GeminiBalance.Contracts;
using MassTransit;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Hears from the proxies which upstream calls failed.</summary>
internal sealed class KeyAttemptsFailedConsumer(FailureIntake intake) : IConsumer<KeyAttemptsFailed>
{
    public Task Consume(ConsumeContext<KeyAttemptsFailed> context) =>
        intake.ApplyAsync(context.MessageId ?? context.Message.BatchId, context.Message, context.CancellationToken);
}

/// <summary>One durable queue for all replicas; a message that fails comes again, and in the end lies in the error queue.</summary>
internal sealed class KeyAttemptsFailedConsumerDefinition : ConsumerDefinition<KeyAttemptsFailedConsumer>
{
    public KeyAttemptsFailedConsumerDefinition()
    {
        EndpointName = "keyhealth-key-attempts-failed";
        ConcurrentMessageLimit = 4;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator,
        IConsumerConfigurator<KeyAttemptsFailedConsumer> consumerConfigurator,
        IRegistrationContext context)
    {
        if (endpointConfigurator is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            rabbit.SetQuorumQueue();
            rabbit.SetQueueArgument("x-delivery-limit", 10);
            rabbit.PrefetchCount = 16;
        }

        endpointConfigurator.UseMessageRetry(retry => retry.Intervals(100, 500, 2000, 5000, 15000));
    }
}
