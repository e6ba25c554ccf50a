using System.Collections.Immutable;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using Marten;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>What became of a change: the settings after it, or why nothing changed.</summary>
/// <param name="Settings">The settings now.</param>
/// <param name="Refusal">Why the change was refused.</param>
/// <param name="IsStale">Whether somebody else changed settings meanwhile.</param>
internal sealed record SettingsOutcome(GatewaySettings Settings, SettingsRefusal? Refusal = null, bool IsStale = false);

/// <summary>Reads and changes the settings.</summary>
internal sealed class SettingsDesk(IDocumentStore store, SettingsSealer sealer, SettingsReplicas replicas, TimeProvider time)
{
    /// <summary>The settings now.</summary>
    public async Task<GatewaySettings> ReadAsync(CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.LoadAsync<GatewaySettings>(GatewaySettings.StreamId, cancellation) ?? new GatewaySettings();
    }

    /// <summary>The settings for those that apply them; null when they are those already known.</summary>
    public async Task<PublishedSettings?> PublishedAsync(Guid known, CancellationToken cancellation) =>
        await ReadAsync(cancellation) is var now && known == now.Revision && known != Guid.Empty ? null : await sealer.PublishAsync(now, cancellation);

    /// <summary>All changes, oldest first.</summary>
    public async Task<IReadOnlyList<SettingsVersion>> VersionsAsync(CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        var events = await session.Events.FetchStreamAsync(GatewaySettings.StreamId, token: cancellation);
        return [.. events.Select(e => (e.Version, Saved: (SettingsSaved)e.Data)).Select(e => new SettingsVersion(e.Version, e.Saved.At, e.Saved.By, e.Saved.RolledBackTo, e.Saved.Changes))];
    }

    /// <summary>Changes settings, all or none.</summary>
    public Task<SettingsOutcome> ChangeAsync(long? expected, IReadOnlyDictionary<string, string?> values, string by, CancellationToken cancellation) =>
        Conflicts.OnceMoreAsync(() => SaveAsync(expected, _ => values, null, by, cancellation));

    /// <summary>Brings back the settings of a version; null when there is no such version.</summary>
    public async Task<SettingsOutcome?> RollBackAsync(long to, long? expected, string by, CancellationToken cancellation)
    {
        var versions = await VersionsAsync(cancellation);
        if (to < 0 || to > versions.Count)
        {
            return null;
        }

        var then = ValuesAt(versions, to);
        return await Conflicts.OnceMoreAsync(() => SaveAsync(expected, now => SettingsRules.Back(now, then), to, by, cancellation));
    }

    /// <summary>The values at a version.</summary>
    public static ImmutableSortedDictionary<string, string> ValuesAt(IReadOnlyList<SettingsVersion> versions, long version) =>
        versions.Where(one => one.Version <= version).Aggregate(ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal), (state, one) => GatewaySettings.After(state, one.Changes));

    private async Task<SettingsOutcome> SaveAsync(
        long? expected, Func<Dictionary<string, string>, IReadOnlyDictionary<string, string?>> asked, long? rolledBackTo, string by, CancellationToken cancellation)
    {
        await using var session = store.LightweightSession();
        var known = await session.LoadAsync<GatewaySettings>(GatewaySettings.StreamId, cancellation);
        var now = known ?? new GatewaySettings();
        if (expected is { } version && version != now.Version)
        {
            return new SettingsOutcome(now, IsStale: true);
        }

        // What a rollback brings back is sealed already.
        var values = asked(now.Values);
        var (safe, refusal) = rolledBackTo is null ? await sealer.SealAsync(now.Values, values, cancellation) : (values, null);
        if (refusal is not null)
        {
            return new SettingsOutcome(now, refusal);
        }

        (var changes, refusal) = SettingsRules.Decide(now.Values, safe, [.. (await replicas.ReadAsync(cancellation)).Select(told => told.Report)]);
        if (refusal is not null || changes.Count == 0)
        {
            return new SettingsOutcome(now, refusal);
        }

        var saved = new SettingsSaved(changes, rolledBackTo, by, time.GetUtcNow());
        if (known is null)
        {
            session.Events.StartStream(GatewaySettings.StreamId, saved);
        }
        else
        {
            session.Events.Append(GatewaySettings.StreamId, now.Version + 1, saved);
        }

        await session.SaveChangesAsync(cancellation);
        return new SettingsOutcome(await ReadAsync(cancellation));
    }
}
