using System.Collections.Immutable;
using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Store;
using JasperFx.Events;
using Marten.Events.Aggregation;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>Settings of the gateway were changed, together; null stands for unset.</summary>
internal sealed record SettingsSaved(IReadOnlyList<SettingChange> Changes, long? RolledBackTo, string By, DateTimeOffset At) : IPoolEvent;

/// <summary>The settings as their events tell them.</summary>
internal sealed record GatewaySettings
{
    /// <summary>The one stream of settings.</summary>
    public static readonly Guid StreamId = NamedIds.Of("gateway settings");

    public Guid Id { get; init; } = StreamId;

    /// <summary>Id of the last event.</summary>
    public Guid Revision { get; init; }

    /// <summary>Number of events.</summary>
    public long Version { get; init; }

    public Dictionary<string, string> Values { get; init; } = [];

    /// <summary>The values after one more change.</summary>
    public static ImmutableSortedDictionary<string, string> After(ImmutableSortedDictionary<string, string> values, IReadOnlyList<SettingChange> changes) =>
        changes.Aggregate(values, (state, change) => change.After is null ? state.Remove(change.Name) : state.SetItem(change.Name, change.After));
}

/// <summary>Keeps <see cref="GatewaySettings"/> in step with its stream, in the transaction of its events.</summary>
internal sealed partial class GatewaySettingsProjection : SingleStreamProjection<GatewaySettings, Guid>
{
    public GatewaySettingsProjection() => IncludeType<SettingsSaved>();

    public override GatewaySettings? Evolve(GatewaySettings? snapshot, Guid id, IEvent e) => e.Data is SettingsSaved saved
        ? new GatewaySettings
        {
            Id = id,
            Revision = e.Id,
            Version = (snapshot?.Version ?? 0) + 1,
            Values = new(GatewaySettings.After((snapshot?.Values ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal), saved.Changes), StringComparer.Ordinal),
        }
        : snapshot;
}
