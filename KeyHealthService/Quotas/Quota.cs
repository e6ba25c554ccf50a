using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>The quota of one model in one pool changed. <paramref name="KeyId"/> is the key whose request showed it; <paramref name="Outcome"/> is null when time or an operator changed it, <paramref name="Metric"/> when the upstream named none, <paramref name="Strikes"/> counts 429s that named no quota.</summary>
internal sealed record QuotaChanged(
    Guid QuotaId,
    string Pool,
    string Model,
    QuotaStatus From,
    QuotaStatus To,
    DateTimeOffset? Until,
    UpstreamOutcomeClass? Outcome,
    int? UpstreamStatus,
    string? UpstreamQuota,
    long? Limit,
    Guid? KeyId,
    string By,
    DateTimeOffset At,
    QuotaMetric? Metric = null,
    int? Strikes = null) : IPoolEvent;

/// <summary>Names quota pools: a Google project, or a key of which no project is known.</summary>
internal static class QuotaPool
{
    public static string Of(Guid keyId, string? project) => project is null ? $"key:{keyId}" : $"project:{project}";
}

/// <summary>The quota of one model in one pool by one metric. Every key of the pool shares it.</summary>
internal sealed record Quota
{
    public required Guid Id { get; init; }

    public required string Pool { get; init; }

    public required string Model { get; init; }

    /// <summary>What is counted; null for refusals that name no metric.</summary>
    public QuotaMetric? Metric { get; init; }

    public QuotaStatus Status { get; init; }

    /// <summary>Consecutive 429s that named no quota; a success in between begins anew.</summary>
    public int Strikes { get; init; }

    /// <summary>The quota's id as the upstream named it.</summary>
    public string? UpstreamQuota { get; init; }

    /// <summary>When an operator last ended its state: what was seen before that is history.</summary>
    public DateTimeOffset? ResetAt { get; init; }

    public int? UpstreamStatus { get; init; }

    public DateTimeOffset Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Number of events in the stream.</summary>
    public long Version { get; init; }

    /// <summary>A quota nothing is known of yet.</summary>
    public static Quota Unknown(string pool, string model, QuotaMetric? metric = null) => new() { Id = IdOf(pool, model, metric), Pool = pool, Model = model, Metric = metric };

    /// <summary>The id follows from pool, model and metric, so that whoever hears of a quota first finds the same stream.</summary>
    public static Guid IdOf(string pool, string model, QuotaMetric? metric = null) =>
        NamedIds.Of(metric is null ? $"{pool}\n{model}" : $"{pool}\n{model}\n{metric}");

    /// <summary>The state after one more event.</summary>
    public static Quota After(Quota? quota, object happened) => happened is QuotaChanged e
        ? new Quota
        {
            Id = e.QuotaId,
            Pool = e.Pool,
            Model = e.Model,
            Metric = e.Metric,
            Status = e.To,
            Strikes = e.Strikes ?? (e.To == QuotaStatus.Available ? quota?.Strikes ?? 0 : 0),
            UpstreamQuota = e.UpstreamQuota,
            ResetAt = e.To == QuotaStatus.Available && e.By != Causers.Clock ? e.At : quota?.ResetAt,
            UpstreamStatus = e.UpstreamStatus,
            Since = quota is not null && quota.Status == e.To ? quota.Since : e.At,
            Until = e.Until,
            Version = (quota?.Version ?? 0) + 1,
        }
        : throw new InvalidOperationException($"A quota's stream holds the event {happened.GetType().Name}, which says nothing about quotas.");
}

/// <summary>Keeps every <see cref="Quota"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class QuotaProjection : SingleStreamProjection<Quota, Guid>
{
    public QuotaProjection()
    {
        IncludeType<QuotaChanged>();
    }

    public override Quota Evolve(Quota? snapshot, Guid id, IEvent e) => Quota.After(snapshot, e.Data);
}
