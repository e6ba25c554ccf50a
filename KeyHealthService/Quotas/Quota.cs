using System.Security.Cryptography;
using System.Text;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Quotas;

/// <summary>The quota of one model in one pool changed. <paramref name="KeyId"/> is the key whose request showed it; <paramref name="Outcome"/> is null when time alone changed it.</summary>
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
    DateTimeOffset At) : IPoolEvent;

/// <summary>Names quota pools: a Google project, or a key of which no project is known.</summary>
internal static class QuotaPool
{
    public static string Of(Guid keyId, string? project) => project is null ? $"key:{keyId}" : $"project:{project}";
}

/// <summary>The quota of one model in one pool. Every key of the pool shares it.</summary>
internal sealed record Quota
{
    public required Guid Id { get; init; }

    public required string Pool { get; init; }

    public required string Model { get; init; }

    public QuotaStatus Status { get; init; }

    public int? UpstreamStatus { get; init; }

    public DateTimeOffset Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Number of events in the stream.</summary>
    public long Version { get; init; }

    /// <summary>A quota nothing is known of yet.</summary>
    public static Quota Unknown(string pool, string model) => new() { Id = IdOf(pool, model), Pool = pool, Model = model };

    /// <summary>The id follows from pool and model, so that whoever hears of a quota first finds the same stream.</summary>
    public static Guid IdOf(string pool, string model)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{pool}\n{model}"), hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>The state after one more event.</summary>
    public static Quota After(Quota? quota, object happened) => happened is QuotaChanged e
        ? new Quota
        {
            Id = e.QuotaId,
            Pool = e.Pool,
            Model = e.Model,
            Status = e.To,
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
