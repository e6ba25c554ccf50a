using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.AccessKeys;
using GeminiBalance.KeyHealthService.Keys;
using GeminiBalance.KeyHealthService.Quotas;
using JasperFx.Events;
using Marten;
using Marten.Events.Projections;

namespace GeminiBalance.KeyHealthService.Publishing;

/// <summary>
/// Notes, in the transaction of the events, what the proxies have to hear of. A position in the event store would not do:
/// transactions do not become visible in the order of their event numbers.
/// </summary>
internal sealed class PoolOutbox : IProjection
{
    public const string KeyKind = "key";
    public const string StateKind = "state";
    public const string QuotaKind = "quota";
    public const string ProjectKind = "project";
    public const string AccessKeyKind = "access-key";

    public Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        var notes = events.Select(e => (Kind: KindOf(e.Data), e.StreamId)).Where(note => note.Kind is not null).Distinct().ToArray();
        if (notes.Length > 0)
        {
            operations.QueueSqlCommand(
                "insert into keys.pool_outbox (kind, subject) select * from unnest(?, ?)",
                notes.Select(note => note.Kind!).ToArray(),
                notes.Select(note => note.StreamId).ToArray());
        }

        return Task.CompletedTask;
    }

    /// <summary>Labels are for operators; everything else moves the pool.</summary>
    private static string? KindOf(object happened) => happened switch
    {
        KeyAdded or KeyProjectSet or KeyRemoved or KeyRoutingSet or KeyRetired => KeyKind,

        // Retired keys are not part of the pool: one that takes such a key back brings the key itself, one that ends there takes it away.
        KeyTransitionUndone { From: KeyStatus.Retired } or KeyTransitionUndone { To: KeyStatus.Retired } => KeyKind,
        KeyEnabled => KeyKind,
        KeyDisabled or KeyHealthChanged or KeyTransitionUndone => StateKind,
        QuotaChanged => QuotaKind,
        ProjectDescribed => ProjectKind,
        AccessKeyCreated or AccessKeyEdited or AccessKeyRotated or AccessKeyRevoked or AccessKeyDisabled or AccessKeyEnabled or AccessKeyRemoved => AccessKeyKind,
        _ => null,
    };
}
