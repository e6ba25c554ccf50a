using System.Globalization;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Quotas;
using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.KeyHealthService.Store;
using Marten;
using Npgsql;

namespace GeminiBalance.KeyHealthService.Keys;

/// <summary>A key's history: its own stream and those of its pool's quotas, newest first. A removed key keeps its history.</summary>
internal sealed class KeyTimeline(IDocumentStore store, NpgsqlDataSource database)
{
    private const int Longest = 500;

    /// <summary>The newest entries; null when there never was such a key.</summary>
    public async Task<TimelineEntry[]?> ReadAsync(Guid keyId, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var own = await session.Events.FetchStreamAsync(keyId, token: cancellation);
        if (own is not [{ Data: KeyAdded }, ..])
        {
            return null;
        }

        var key = own.Aggregate((Key?)null, (state, e) => Key.After(state, e.Data));
        var quotas = key is null ? [] : await QuotasAsync(key.Pool, cancellation);
        var shared = quotas.Length == 0
            ? []
            : await session.Events.QueryAllRawEvents().Where(e => e.StreamId.IsOneOf(quotas)).OrderByDescending(e => e.Sequence).Take(Longest).ToListAsync(cancellation);
        return [.. own.Concat(shared)
            .OrderByDescending(e => ((IPoolEvent)e.Data).At).ThenByDescending(e => e.Sequence)
            .Take(Longest)
            .Select(e => (IPoolEvent)e.Data)
            .Select(e => new TimelineEntry(e.At, EventNames.All[e.GetType()], Say(e), e.By))];
    }

    /// <summary>One event as a sentence.</summary>
    public static string Say(IPoolEvent happened) => happened switch
    {
        KeyAdded e => e.Project is null ? "Added to the pool." : $"Added to the pool, in project {e.Project}.",
        KeyLabelled e => e.Label is null ? "Label taken away." : $"Labelled {e.Label}.",
        KeyProjectSet e => e.Project is null ? "Project taken away." : $"Put into project {e.Project}.",
        KeyDisabled => "Disabled.",
        KeyEnabled => "Enabled; to be checked anew.",
        KeyRoutingSet e => $"Tier {e.Tier?.ToString() ?? "unknown"}, weight {e.Weight ?? 100}, priority {e.Priority ?? 50}.",
        KeyTagged e => e.Tags is null ? "Tags taken away." : $"Tagged {e.Tags}.",
        KeyRetired e => $"Retired{Why(e.Reason)}; its secret is kept.",
        KeyTransitionUndone e => $"From {e.From} back to {e.To}{Why(e.Reason)}{Ends(e.Until)}: undone.",
        KeyRemoved => "Removed; its secret was deleted.",
        KeyHealthChanged e => $"From {e.From} to {e.To}{Why(e.Reason)}{Ends(e.Until)}{Answered(e.Outcome, e.UpstreamStatus, e.By)}",
        QuotaChanged e => $"{e.Model}: from {e.From} to {e.To}{Why(e.UpstreamQuota)}{Ends(e.Until)}{Answered(e.Outcome, e.UpstreamStatus, e.By)}",
        SettingsSaved { RolledBackTo: { } version } => $"Settings rolled back to version {version}.",
        SettingsSaved e => $"Settings changed: {string.Join(", ", e.Changes.Take(5).Select(change => change.Name))}{(e.Changes.Count > 5 ? " and others" : "")}.",
        _ => EventNames.All[happened.GetType()],
    };

    private static string Why(string? reason) => reason is null ? "" : $" ({reason})";

    private static string Ends(DateTimeOffset? until) =>
        until is null ? "" : string.Create(CultureInfo.InvariantCulture, $" until {until.Value.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");

    private static string Answered(UpstreamOutcomeClass? outcome, int? status, string by) => (outcome, status) switch
    {
        (null, _) => by == Causers.Clock ? ": its time was over." : ".",
        (_, null) => $": the upstream answered {outcome}.",
        _ => $": the upstream answered {status} ({outcome}).",
    };

    private async Task<Guid[]> QuotasAsync(string pool, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select coalesce(array_agg(id), '{}') from keys.mt_doc_quota where pool = $1");
        command.Parameters.Add(new() { Value = pool });
        return (Guid[])(await command.ExecuteScalarAsync(cancellation))!;
    }
}
