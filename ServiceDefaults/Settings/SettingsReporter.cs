using GeminiBalance.Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace GeminiBalance.ServiceDefaults.Settings;

/// <summary>Knows what this process tells of its settings, and when it has to be told again.</summary>
internal sealed class SettingsReporter : IDisposable
{
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(15);

    private readonly IConfigurationRoot configuration;
    private readonly GatewaySettingsTaker taker;
    private readonly SettingsIdentity identity;
    private readonly TimeProvider time;
    private readonly IDisposable changes;
    private volatile IReadOnlyList<SettingBeneath>? beneath;
    private (long Version, string? Refusal, IReadOnlyList<SettingBeneath> Beneath, long At)? told;

    public SettingsReporter(IConfiguration configuration, GatewaySettingsTaker taker, SettingsIdentity identity, TimeProvider time)
    {
        this.configuration = (IConfigurationRoot)configuration;
        this.taker = taker;
        this.identity = identity;
        this.time = time;
        changes = ChangeToken.OnChange(this.configuration.GetReloadToken, () => beneath = null);
    }

    /// <summary>What is to be told now; null when it was told a moment ago.</summary>
    public SettingsReport? Due()
    {
        var layers = beneath ??= LayersBeneath.Read(configuration, identity.Service);
        return told is { } last && last.Version == taker.Version && last.Refusal == taker.Refusal && last.Beneath.SequenceEqual(layers) && time.GetElapsedTime(last.At) < Repeat
            ? null
            : new SettingsReport(identity.Service, identity.Replica, taker.Version, taker.Refusal, layers);
    }

    /// <summary>Notes that a report has arrived.</summary>
    public void Told(SettingsReport report) => told = (report.Version, report.Refusal, report.Beneath, time.GetTimestamp());

    public void Dispose() => changes.Dispose();
}

/// <summary>Who this process is among those that apply settings.</summary>
/// <param name="Service">One of <see cref="SettingServices"/>.</param>
/// <param name="Replica">The name this replica gives itself.</param>
public sealed record SettingsIdentity(string Service, string Replica);
