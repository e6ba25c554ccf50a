using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>An operator set the limits of a model in a pool; null means that what was learned holds.</summary>
internal sealed record LimitsSet(
    Guid LimitsId, string Pool, string Model, long? RequestsPerMinute, long? TokensPerMinute, long? RequestsPerDay, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>The upstream named a limit.</summary>
internal sealed record LimitLearned(
    Guid LimitsId, string Pool, string Model, QuotaMetric Metric, long Limit, string UpstreamQuota, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>The limits of one model in one quota pool: an operator's, and what the upstream told in its refusals.</summary>
internal sealed record QuotaLimits
{
    /// <summary>Stands for every model that has no limits of its own.</summary>
    public const string EveryModel = "*";

    public required Guid Id { get; init; }

    public required string Pool { get; init; }

    public required string Model { get; init; }

    public IReadOnlyDictionary<QuotaMetric, long> Set { get; init; } = new Dictionary<QuotaMetric, long>();

    public IReadOnlyDictionary<QuotaMetric, long> Learned { get; init; } = new Dictionary<QuotaMetric, long>();

    /// <summary>Number of events in the stream.</summary>
    public long Version { get; init; }

    /// <summary>Limits nobody knows yet.</summary>
    public static QuotaLimits Unknown(string pool, string model) => new() { Id = IdOf(pool, model), Pool = pool, Model = model };

    public static Guid IdOf(string pool, string model) => NamedIds.Of($"limits\n{pool}\n{model}");

    /// <summary>The limit in force: the operator's, else the learned one.</summary>
    public long? Of(QuotaMetric metric) => Set.TryGetValue(metric, out var set) ? set : Learned.TryGetValue(metric, out var learned) ? learned : null;

    /// <summary>What an operator's word changes.</summary>
    public IReadOnlyList<IPoolEvent> Change(SetLimits set, string by, DateTimeOffset now) =>
        (Asked(QuotaMetric.RequestsPerMinute), Asked(QuotaMetric.TokensPerMinute), Asked(QuotaMetric.RequestsPerDay)) == (set.RequestsPerMinute, set.TokensPerMinute, set.RequestsPerDay)
            ? []
            : [new LimitsSet(Id, Pool, Model, set.RequestsPerMinute, set.TokensPerMinute, set.RequestsPerDay, by, now)];

    /// <summary>What a refusal teaches. A limit of zero is no limit but a model that is not offered.</summary>
    public IReadOnlyList<IPoolEvent> Learn(QuotaMetric metric, long limit, string upstreamQuota, string by, DateTimeOffset now) =>
        limit <= 0 || (Learned.TryGetValue(metric, out var known) && known == limit) ? [] : [new LimitLearned(Id, Pool, Model, metric, limit, upstreamQuota, by, now)];

    /// <summary>The state after one more event.</summary>
    public static QuotaLimits After(QuotaLimits? limits, object happened) => happened switch
    {
        LimitsSet e => (limits ?? Unknown(e.Pool, e.Model)).Next() with
        {
            Set = new (QuotaMetric Metric, long? Limit)[]
            {
                (QuotaMetric.RequestsPerMinute, e.RequestsPerMinute), (QuotaMetric.TokensPerMinute, e.TokensPerMinute), (QuotaMetric.RequestsPerDay, e.RequestsPerDay),
            }.Where(entry => entry.Limit is not null).ToDictionary(entry => entry.Metric, entry => entry.Limit!.Value),
        },
        LimitLearned e => (limits ?? Unknown(e.Pool, e.Model)).Taught(e.Metric, e.Limit).Next(),
        _ => throw new InvalidOperationException($"A stream of limits holds the event {happened.GetType().Name}, which says nothing about limits."),
    };

    private QuotaLimits Taught(QuotaMetric metric, long limit) => this with { Learned = new Dictionary<QuotaMetric, long>(Learned) { [metric] = limit } };

    private QuotaLimits Next() => this with { Version = Version + 1 };

    private long? Asked(QuotaMetric metric) => Set.TryGetValue(metric, out var set) ? set : null;
}

/// <summary>Keeps every <see cref="QuotaLimits"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class QuotaLimitsProjection : SingleStreamProjection<QuotaLimits, Guid>
{
    public QuotaLimitsProjection()
    {
        IncludeType<LimitsSet>();
        IncludeType<LimitLearned>();
    }

    public override QuotaLimits Evolve(QuotaLimits? snapshot, Guid id, IEvent e) => QuotaLimits.After(snapshot, e.Data);
}
