using MassTransit;

namespace GeminiBalance.StatsService.Ingest;

/// <summary>Says that a message failed here, so that the queues it may have gone to are looked for soon.</summary>
internal sealed class FailureObserver(AbsentQueues absent) : IReceiveObserver
{
    public Task PreReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostReceive(ReceiveContext context) => Task.CompletedTask;

    public Task PostConsume<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType)
        where T : class => Task.CompletedTask;

    public Task ConsumeFault<T>(ConsumeContext<T> context, TimeSpan duration, string consumerType, Exception exception)
        where T : class => Failed();

    public Task ReceiveFault(ReceiveContext context, Exception exception) => Failed();

    private Task Failed()
    {
        absent.Suspect();
        return Task.CompletedTask;
    }
}
