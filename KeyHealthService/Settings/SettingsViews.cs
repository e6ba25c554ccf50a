using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>Shows settings with the layers they lie on: what is set for all replicas, and beneath it what each replica's command line, environment and files say. Pure.</summary>
internal static class SettingsViews
{
    /// <summary>All settings.</summary>
    /// <param name="now">What is set.</param>
    /// <param name="told">What the replicas tell.</param>
    public static SettingsView All(GatewaySettings now, IReadOnlyList<ToldSettings> told)
    {
        var beneath = told.SelectMany(one => one.Report.Beneath.Select(layer => layer.Name)).Concat(now.Values.Keys).ToHashSet(StringComparer.Ordinal);
        return new SettingsView(
            now.Version,
            [.. SettingCatalogue.All.SelectMany(definition => definition.IsOpen
                ? beneath.Where(name => SettingCatalogue.Find(name)?.Definition == definition).Order(StringComparer.Ordinal).Select(name => One(definition, name, now, told))
                : [One(definition, definition.Name, now, told)])],
            [.. told.Select(one => new SettingsReplica(one.Report.Service, one.Report.Replica, one.At, one.Report.Version, one.Report.Refusal))]);
    }

    /// <summary>One setting.</summary>
    public static SettingView One(SettingDefinition definition, string name, GatewaySettings now, IReadOnlyList<ToldSettings> told)
    {
        var own = told.Where(one => definition.AppliesTo(one.Report.Service)).Select(one => one.Report).ToArray();
        var set = now.Values.GetValueOrDefault(name) is { } value ? SealedValue.Show(name, value) : null;
        var layers = LayersOf(definition, name, set, own);

        // Without a replica to ask, or where they differ, nobody can say what is in force.
        var top = layers[0];
        var isKnown = set is not null || (own.Length > 0 && top.Replicas is null);
        return new SettingView(
            name,
            set,
            definition.Kind.ToString().ToLowerInvariant(),
            definition.Default,
            definition.Minimum,
            definition.Maximum,
            definition.Choices,
            definition.Description,
            isKnown ? top.Value : null,
            isKnown ? top.Source : null,
            layers,
            definition.AppliedBy,
            definition.IsSecret ? true : null);
    }

    /// <summary>A change as people may see it.</summary>
    public static SettingChange Shown(SettingChange change) => change with
    {
        Before = change.Before is null ? null : SealedValue.Show(change.Name, change.Before),
        After = change.After is null ? null : SealedValue.Show(change.Name, change.After),
    };

    /// <summary>A version as people may see it.</summary>
    public static SettingsVersion Shown(SettingsVersion version) => version with { Changes = [.. version.Changes.Select(Shown)] };

    private static List<SettingLayer> LayersOf(SettingDefinition definition, string name, string? set, SettingsReport[] replicas)
    {
        var layers = new List<SettingLayer>();
        if (set is not null)
        {
            layers.Add(new SettingLayer(SettingSources.Ui, set));
        }

        foreach (var source in SettingSources.All.Reverse())
        {
            layers.AddRange(
                from replica in replicas
                from layer in replica.Beneath
                where layer.Name == name && layer.Source == source
                group replica.Replica by layer.Value into same
                orderby same.Key
                select new SettingLayer(source, same.Key, same.Count() == replicas.Length ? null : [.. same]));
        }

        layers.Add(new SettingLayer(SettingSources.Default, definition.Default));
        return layers;
    }
}
