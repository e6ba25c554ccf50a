using GeminiBalance.Contracts;
using MassTransit;

namespace GeminiBalance.KeyHealthService.Transitions;

/// <summary>Hears from the proxies what they used. A report is a batch already: one per replica and second.</summary>
internal sealed class KeyUsageReportedConsumer(UsageIntake intake) : IConsumer<KeyUsageReported>
{
    public Task Consume(ConsumeContext<KeyUsageReported> context) =>
        intake.ApplyAsync(context.MessageId ?? context.Message.BatchId, context.Message, context.CancellationToken);
}

/// <summary>One durable queue for all replicas.</summary>
internal sealed class KeyUsageReportedConsumerDefinition : ConsumerDefinition<KeyUsageReportedConsumer>
{
    public KeyUsageReportedConsumerDefinition()
    {
        EndpointName = "keyhealth-key-usage-reported";
        ConcurrentMessageLimit = 2;
    }

    protected override void ConfigureConsumer(
        IReceiveEndpointConfigurator endpointConfigurator,
        IConsumerConfigurator<KeyUsageReportedConsumer> consumerConfigurator,
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
