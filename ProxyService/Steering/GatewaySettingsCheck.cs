using GeminiBalance.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ProxyService.Steering;

/// <summary>Checks the settings of one section before they are taken over.</summary>
internal interface IGatewaySettingsCheck
{
    /// <summary>What is wrong with the section in a configuration; empty for nothing.</summary>
    IEnumerable<string> Faults(IConfiguration configuration);
}

/// <inheritdoc cref="IGatewaySettingsCheck" />
/// <param name="section">The section's name.</param>
/// <param name="validators">All that the options are held against at start.</param>
internal sealed class GatewaySettingsCheck<TOptions>(string section, IEnumerable<IValidateOptions<TOptions>> validators) : IGatewaySettingsCheck
    where TOptions : class, new()
{
    /// <inheritdoc />
    public IEnumerable<string> Faults(IConfiguration configuration)
    {
        var options = new TOptions();
        try
        {
            configuration.GetSection(section).Bind(options);
        }
        catch (InvalidOperationException e)
        {
            return [e.Message];
        }

        return [.. validators.Select(validator => validator.Validate(Options.DefaultName, options)).Where(result => result.Failed).SelectMany(result => result.Failures ?? [])];
    }
}

/// <summary>Takes over the settings made for all replicas, if they hold.</summary>
internal sealed partial class GatewaySettingsTaker(GatewaySettingsSource source, IConfiguration configuration, IEnumerable<IGatewaySettingsCheck> checks, ILogger<GatewaySettingsTaker> logger)
{
    /// <summary>Takes settings over; those that fail a check are refused as a whole, and the last good ones stay.</summary>
    /// <param name="values">The values by name. Names that are no setting are passed over: a newer control plane may know more.</param>
    /// <param name="version">Their version, for the log.</param>
    /// <returns>Whether they hold.</returns>
    public bool TryTake(IReadOnlyDictionary<string, string> values, long version)
    {
        var known = values.Where(value => SettingCatalogue.Find(value.Key) is not null).ToDictionary(StringComparer.OrdinalIgnoreCase);
        var preview = source.Values.Preview((IConfigurationRoot)configuration, known);
        string[] faults = [.. checks.SelectMany(check => check.Faults(preview))];
        if (faults.Length > 0)
        {
            LogRefused(version, string.Join(" ", faults));
            return false;
        }

        source.Values.Replace(known);
        LogTaken(version, known.Count);
        return true;
    }

    [LoggerMessage(LogLevel.Error, "Version {Version} of the gateway's settings is refused, and the last good one stays: {Faults}")]
    private partial void LogRefused(long version, string faults);

    [LoggerMessage(LogLevel.Information, "Version {Version} of the gateway's settings holds now; {Count} are set.")]
    private partial void LogTaken(long version, int count);
}
