using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Health;
using GeminiBalance.KeyHealthService.Keys;
using JasperFx.Events;
using Marten;
using Marten.Events.Projections;

namespace GeminiBalance.KeyHealthService.Probing;

/// <summary>Keeps every key's next probe in step with its events, in their transaction.</summary>
internal sealed class ProbePlan : IProjection
{
    /// <summary>How soon after a key turned out bad it is worth another look.</summary>
    public static readonly TimeSpan AfterBad = TimeSpan.FromHours(6);

    /// <summary>A service that was off in the project may be on an hour later, and an empty account may be filled.</summary>
    private static readonly TimeSpan AfterMendable = TimeSpan.FromHours(1);

    /// <summary>How soon a key is looked at again that serves on although its failures are not explained.</summary>
    private static readonly TimeSpan AfterSuspect = TimeSpan.FromMinutes(1);

    public Task ApplyAsync(IDocumentOperations operations, IReadOnlyList<IEvent> events, CancellationToken cancellation)
    {
        // A key may be added and switched off at once.
        var added = events.Select(e => e.Data).OfType<KeyAdded>().ToArray();
        if (added.Length > 0)
        {
            operations.QueueSqlCommand(
                "insert into keys.probes (key_id, next_check_at) select * from unnest(?, ?) on conflict (key_id) do nothing",
                added.Select(e => e.KeyId).ToArray(),
                added.Select(e => e.At.ToUniversalTime()).ToArray());
        }

        foreach (var happened in events.Select(e => e.Data))
        {
            switch (happened)
            {
                case KeyRemoved e:
                    operations.QueueSqlCommand("delete from keys.probes where key_id = ?", e.KeyId);
                    break;
                case KeyRetired e:
                    operations.QueueSqlCommand("update keys.probes set next_check_at = null where key_id = ?", e.KeyId);
                    break;
                case KeyTransitionUndone e:
                    Set(operations, e.KeyId, NextAfter(e.KeyId, e.To, e.At, e.Reason));
                    break;
                case KeyDisabled e:
                    operations.QueueSqlCommand("update keys.probes set next_check_at = null where key_id = ?", e.KeyId);
                    break;
                case KeyEnabled e:
                    Set(operations, e.KeyId, e.At);
                    break;
                case KeyHealthChanged e:
                    Set(operations, e.KeyId, NextAfter(e.KeyId, e.To, e.At, e.Reason));
                    break;
                default:
                    break;
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// The next probe of a key; null for one that needs none: a healthy key shows by serving whether it still is, and a disabled one is nobody's business.
    /// </summary>
    public static DateTimeOffset? NextAfter(Guid keyId, KeyStatus status, DateTimeOffset at, string? reason = null) => status switch
    {
        KeyStatus.New or KeyStatus.Degraded => at,
        KeyStatus.Forbidden when reason is Reasons.ServiceDisabled or Reasons.Billing => at + Spread(keyId, AfterMendable, 0.2),
        KeyStatus.Invalid or KeyStatus.Forbidden => at + Spread(keyId, AfterBad, 0.2),
        _ => null,
    };

    /// <summary>The next probe of a key whose probe decided nothing, or that serves under suspicion.</summary>
    public static DateTimeOffset NextAfterNothing(Guid keyId, DateTimeOffset at) => at + Spread(keyId, AfterSuspect, 1);

    /// <summary>The key's own id spreads the probes of keys that were imported, or fell ill, together.</summary>
    private static TimeSpan Spread(Guid keyId, TimeSpan pause, double share) => pause * (1 + (((keyId.ToByteArray()[15] / 255.0) - 0.5) * share));

    private static void Set(IDocumentOperations operations, Guid keyId, DateTimeOffset? at)
    {
        if (at is { } next)
        {
            operations.QueueSqlCommand("update keys.probes set next_check_at = ? where key_id = ?", next.ToUniversalTime(), keyId);
        }
        else
        {
            operations.QueueSqlCommand("update keys.probes set next_check_at = null where key_id = ?", keyId);
        }
    }
}
