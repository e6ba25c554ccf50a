using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Takes over the settings made for all replicas, if they hold.</summary>
public sealed partial class GatewaySettingsTaker
{
    private readonly GatewaySettingsSource source;
    private readonly IConfiguration configuration;
    private readonly IGatewaySettingsCheck[] checks;
    private readonly ILogger<GatewaySettingsTaker> logger;

    /// <summary>Takes nothing yet.</summary>
    /// <param name="source">Where they are put.</param>
    /// <param name="configuration">All configuration there is.</param>
    /// <param name="checks">What they must pass.</param>
    /// <param name="logger">The log.</param>
    public GatewaySettingsTaker(GatewaySettingsSource source, IConfiguration configuration, IEnumerable<IGatewaySettingsCheck> checks, ILogger<GatewaySettingsTaker> logger)
    {
        this.source = source;
        this.configuration = configuration;
        this.checks = [.. checks];
        this.logger = logger;
    }

    /// <summary>The version that holds here; 0 before any.</summary>
    public long Version { get; private set; }

    /// <summary>Why the newest version was refused; null when it holds.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Takes over what was published; secrets that cannot be read refuse it as a whole.</summary>
    /// <param name="published">The settings.</param>
    /// <param name="encryption">Reads their secrets; null where nothing can.</param>
    /// <param name="service">The service that applies them: secrets of others are passed over.</param>
    /// <returns>Whether they hold.</returns>
    public bool TryTake(PublishedSettings published, SecretEncryption? encryption, string service)
    {
        var values = published.Values.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, secret) in published.Secrets ?? new Dictionary<string, PublishedSecret>())
        {
            if (SettingCatalogue.Find(name) is not var (definition, _) || !definition.AppliesTo(service))
            {
                continue;
            }

            try
            {
                values[name] = encryption?.Decrypt(secret.Id, SecretPurposes.Setting, secret.Secret).Reveal() ?? throw new SecretUnreadableException("There is no key.");
            }
            catch (SecretUnreadableException)
            {
                Refusal = $"{name} cannot be decrypted: Encryption:Key is not the one it was encrypted with.";
                LogRefused(published.Version, Refusal);
                return false;
            }
        }

        return TryTake(values, published.Version);
    }

    /// <summary>Takes settings over; those that fail a check are refused as a whole, and the last good ones stay.</summary>
    /// <param name="values">The values by name. Names that are no setting are passed over: a newer control plane may know more.</param>
    /// <param name="version">Their version.</param>
    /// <returns>Whether they hold.</returns>
    public bool TryTake(IReadOnlyDictionary<string, string> values, long version)
    {
        var known = values.Where(value => SettingCatalogue.Find(value.Key) is not null).ToDictionary(StringComparer.OrdinalIgnoreCase);
        var preview = source.Values.Preview((IConfigurationRoot)configuration, known);
        string[] faults = [.. checks.SelectMany(check => check.Faults(preview))];
        if (faults.Length > 0)
        {
            Refusal = string.Join(" ", faults);
            LogRefused(version, Refusal);
            return false;
        }

        source.Values.Replace(known);
        (Version, Refusal) = (version, null);
        LogTaken(version, known.Count);
        return true;
    }

    [LoggerMessage(LogLevel.Error, "Version {Version} of the gateway's settings is refused, and the last good one stays: {Faults}")]
    private partial void LogRefused(long version, string faults);

    [LoggerMessage(LogLevel.Information, "Version {Version} of the gateway's settings holds now; {Count} are set.")]
    private partial void LogTaken(long version, int count);
}
