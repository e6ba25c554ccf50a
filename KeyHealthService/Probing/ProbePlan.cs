using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Keys;
using JasperFx.Events;
using Marten;
using Marten.Events.Projections;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Keeps every key's next probe in step with its events, in their transaction.</summary>
internal sealed class ProbePlan : IProjection
{
    /// <summary>How soon after a key turned out bad it is worth another look, and after a good one, when nothing else says more.</summary>
    public static readonly TimeSpan AfterBad = TimeSpan.FromHours(6);

    /// <inheritdoc cref="AfterBad"/>
    public static readonly TimeSpan AfterGood = TimeSpan.FromHours(24);

    public Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        var added = new Dictionary<Guid, DateTimeOffset>();
        foreach (var happened in events.Select(e => e.Data))
        {
            switch (happened)
            {
                case KeyAdded e:
                    added[e.KeyId] = e.At;
                    break;
                case KeyRemoved e:
                    operations.QueueSqlCommand("delete from keys.probes where key_id = ?", e.KeyId);
                    break;
                case KeyDisabled e:
                    operations.QueueSqlCommand("update keys.probes set next_check_at = null where key_id = ?", e.KeyId);
                    break;
                case KeyEnabled e:
                    Set(operations, e.KeyId, e.At);
                    break;
                case KeyHealthChanged e:
                    Set(operations, e.KeyId, e.At + (e.To is KeyStatus.Degraded ? TimeSpan.Zero : Interval(e.KeyId, e.To)));
                    break;
                default:
                    break;
            }
        }

        if (added.Count > 0)
        {
            operations.QueueSqlCommand(
                "insert into keys.probes (key_id, next_check_at) select * from unnest(?, ?) on conflict (key_id) do nothing",
                added.Keys.ToArray(),
                added.Values.Select(at => at.ToUniversalTime()).ToArray());
        }

        return Task.CompletedTask;
    }

    /// <summary>The pause before the next probe. The key's own id spreads the probes of keys that were imported together, over a tenth of the pause.</summary>
    public static TimeSpan Interval(Guid keyId, KeyStatus status)
    {
        var pause = status is KeyStatus.Invalid or KeyStatus.Forbidden ? AfterBad : AfterGood;
        var spread = (keyId.ToByteArray()[15] / 255.0) - 0.5;
        return pause * (1 + (spread / 5));
    }

    private static void Set(IDocumentOperations operations, Guid keyId, DateTimeOffset at) =>
        operations.QueueSqlCommand("update keys.probes set next_check_at = ? where key_id = ?", at.ToUniversalTime(), keyId);
}
