using GeminiBalance.Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Reads what a process would go by, were no settings made for all replicas: its command line, its environment, its files.</summary>
internal static class LayersBeneath
{
    /// <summary>The values of the settings a service applies, in the order of the catalogue and the strongest layer of each first.</summary>
    /// <param name="configuration">The process's configuration.</param>
    /// <param name="service">The service's name.</param>
    public static IReadOnlyList<SettingBeneath> Read(IConfigurationRoot configuration, string service)
    {
        var found = new List<SettingBeneath>();
        foreach (var definition in SettingCatalogue.All.Where(definition => definition.AppliesTo(service)))
        {
            var seen = new Dictionary<(string Name, string Source), string>();
            foreach (var provider in configuration.Providers.Reverse().Where(provider => provider is not GatewaySettingsValues))
            {
                foreach (var given in NamesIn(provider, definition))
                {
                    var source = SourceOf(provider);
                    if (SettingCatalogue.Find(given) is var (_, name) && provider.TryGet(given, out var value) && !string.IsNullOrEmpty(value) && !IsKnown(seen, name, source, value))
                    {
                        seen.Add((name, source), value);
                        found.Add(new SettingBeneath(name, definition.Show(value), source));
                    }
                }
            }
        }

        return found;
    }

    /// <summary>Of one layer the strongest value counts; a host hands on what its command line and environment say, which is no layer of its own.</summary>
    private static bool IsKnown(Dictionary<(string Name, string Source), string> seen, string name, string source, string value) =>
        seen.ContainsKey((name, source)) || (source == SettingSources.Host && seen.Any(layer => layer.Key.Name == name && layer.Value == value));

    private static IEnumerable<string> NamesIn(IConfigurationProvider provider, SettingDefinition definition)
    {
        var star = definition.Name.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? [definition.Name]
            : provider.GetChildKeys([], definition.Name[..(star - 1)]).Distinct(StringComparer.OrdinalIgnoreCase).Select(own => definition.Name.Replace("*", own, StringComparison.Ordinal));
    }

    private static string SourceOf(IConfigurationProvider provider) => provider switch
    {
        EnvironmentVariablesConfigurationProvider => SettingSources.Environment,
        CommandLineConfigurationProvider => SettingSources.CommandLine,
        FileConfigurationProvider or StreamConfigurationProvider => SettingSources.File,
        _ => SettingSources.Host,
    };
}
