using GeminiBalance.Contracts;
using GeminiBalance.KeyHealthService.Vault;
using GeminiBalance.ServiceDefaults.Egress;
using GeminiBalance.ServiceDefaults.Security;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>Puts values that hold secrets into the vault before anything else hears of them, and takes them out for those that apply them.</summary>
internal sealed class SettingsSealer(SettingSecrets secrets)
{
    /// <summary>Puts the secrets of a change into the vault.</summary>
    /// <param name="now">What is set.</param>
    /// <param name="asked">The change.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The change without secrets, or why it is refused.</returns>
    public async Task<(IReadOnlyDictionary<string, string?> Asked, SettingsRefusal? Refusal)> SealAsync(
        IReadOnlyDictionary<string, string> now, IReadOnlyDictionary<string, string?> asked, CancellationToken cancellation)
    {
        Dictionary<string, string?>? safe = null;
        foreach (var (given, value) in asked)
        {
            if (value is null || SettingCatalogue.Find(given) is not ({ IsSecret: true } definition, var name))
            {
                continue;
            }

            // Here and not by the rules, which see sealed values only: nobody else may name a record of the vault.
            if (definition.Refuse(value) is { } expected)
            {
                return (asked, new SettingsRefusal("invalid_setting", $"{name} must be {expected}."));
            }

            var before = now.GetValueOrDefault(name);
            var known = before is not null && SealedValue.Parse(before) is { } stored ? (await secrets.RevealAsync(stored.Id, cancellation))?.Reveal() : null;
            var (whole, unknown) = ProxyList.Unmask(value, known);
            if (whole is null)
            {
                return (asked, new SettingsRefusal("invalid_setting", $"The password of {unknown} in {name} is not known: give it whole."));
            }

            safe ??= asked.ToDictionary(StringComparer.Ordinal);
            safe[given] = whole == known ? before : new SealedValue(definition.Show(whole), await secrets.StoreAsync(new Secret(whole), cancellation)).ToString();
        }

        return (safe ?? asked, null);
    }

    /// <summary>The settings for those that apply them: secrets apart, and encrypted.</summary>
    public async Task<PublishedSettings> PublishAsync(GatewaySettings now, CancellationToken cancellation)
    {
        Dictionary<string, PublishedSecret>? encrypted = null;
        var values = now.Values;
        foreach (var (name, value) in now.Values)
        {
            if (SettingCatalogue.Find(name) is not ({ IsSecret: true }, _))
            {
                continue;
            }

            values = ReferenceEquals(values, now.Values) ? new(now.Values, StringComparer.Ordinal) : values;
            values.Remove(name);
            if (SealedValue.Parse(value) is { } stored && await secrets.FindAsync(stored.Id, cancellation) is { } found)
            {
                (encrypted ??= new(StringComparer.Ordinal))[name] = new PublishedSecret(stored.Id, found);
            }
        }

        return new PublishedSettings(now.Revision, now.Version, values, encrypted);
    }
}
