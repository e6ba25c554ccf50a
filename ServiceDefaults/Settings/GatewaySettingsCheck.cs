using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Checks the settings of one section before they are taken over.</summary>
public interface IGatewaySettingsCheck
{
    /// <summary>What is wrong with the section in a configuration; empty for nothing.</summary>
    /// <param name="configuration">The configuration as it would be.</param>
    IEnumerable<string> Faults(IConfiguration configuration);
}

/// <inheritdoc cref="IGatewaySettingsCheck" />
/// <typeparam name="TOptions">The options the section is bound to.</typeparam>
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
