using Microsoft.Extensions.Configuration;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>The settings made for all replicas, above files and environment.</summary>
public sealed class GatewaySettingsSource : IConfigurationSource
{
    /// <summary>The values now.</summary>
    public GatewaySettingsValues Values { get; } = new();

    /// <inheritdoc />
    public IConfigurationProvider Build(IConfigurationBuilder builder) => Values;
}

/// <summary>The values of <see cref="GatewaySettingsSource"/>; whoever reads options through a monitor sees them change.</summary>
public sealed class GatewaySettingsValues : ConfigurationProvider
{
    /// <summary>Replaces all values.</summary>
    /// <param name="values">By name; checked to be valid.</param>
    public void Replace(IReadOnlyDictionary<string, string> values)
    {
        var copy = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in values)
        {
            copy[name] = value;
        }

        Data = copy;
        OnReload();
    }

    /// <summary>What the configuration would be with other values in the place of these.</summary>
    /// <param name="configuration">The configuration these are part of.</param>
    /// <param name="values">The other values.</param>
    public IConfiguration Preview(IConfigurationRoot configuration, IReadOnlyDictionary<string, string> values)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var provider in configuration.Providers.Where(provider => !ReferenceEquals(provider, this)))
        {
            Collect(provider, null, all);
        }

        foreach (var (name, value) in values)
        {
            all[name] = value;
        }

        return new ConfigurationBuilder().AddInMemoryCollection(all).Build();
    }

    private static void Collect(IConfigurationProvider provider, string? parent, Dictionary<string, string?> all)
    {
        foreach (var key in provider.GetChildKeys([], parent).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var path = parent is null ? key : ConfigurationPath.Combine(parent, key);
            if (provider.TryGet(path, out var value))
            {
                all[path] = value;
            }

            Collect(provider, path, all);
        }
    }
}
