using GeminiBalance.Contracts;
using MassTransit;

namespace GeminiBalance.ProxyService.Reporting;

/// <summary>Publishes failed calls that blame a key as <see cref="KeyAttemptsFailed"/>. A lost one costs no more than one more failed call.</summary>
internal sealed class FailurePump : BatchPump<KeyAttemptFailure>, IFailureReport
{
    private const int Capacity = 10_000;

    /// <summary>Publishes over the bus.</summary>
    public FailurePump(IBus bus, ReplicaName replica, ILogger<FailurePump> logger)
        : base(Capacity, (id, failures, cancel) => bus.Publish(new KeyAttemptsFailed(id, replica.Value, failures), context => context.MessageId = id, cancel), logger) =>
        LongestDrain = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public void Report(KeyAttemptFailure failure) => TryEnqueue(failure);
}

/// <summary>Where failed calls that blame a key are told.</summary>
internal interface IFailureReport
{
    /// <summary>Tells of one.</summary>
    void Report(KeyAttemptFailure failure);
}
