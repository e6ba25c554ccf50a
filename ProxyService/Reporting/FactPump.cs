using GeminiBalance.Contracts;
using MassTransit;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Keeps facts in memory and publishes them as <see cref="RequestsCompleted"/>. Facts in memory do not survive the process.</summary>
internal sealed class FactPump : BatchPump<RequestFact>, IRequestLedger
{
    private const int Capacity = 100_000;

    private readonly ProxyMetrics metrics;

    /// <summary>Publishes over the bus.</summary>
    public FactPump(IBus bus, ReplicaName replica, ProxyMetrics metrics, ILogger<FactPump> logger)
        : base(Capacity, (id, facts, cancel) => bus.Publish(new RequestsCompleted(id, replica.Value, facts), context => context.MessageId = id, cancel), logger)
    {
        this.metrics = metrics;
        metrics.WatchUnsent(() => Unsent);
    }

    /// <inheritdoc />
    public ValueTask RecordAsync(RequestFact fact)
    {
        if (!TryEnqueue(fact))
        {
            metrics.FactLost();
        }

        return ValueTask.CompletedTask;
    }
}
