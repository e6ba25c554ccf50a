using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>
/// What settings must be together, whichever layer each of them comes from: a proxy holds what is set for all replicas together with its own command line, environment
/// and files against the same rules, and refuses the whole when they are broken. Pure.
/// </summary>
internal static class LayeredRules
{
    /// <summary>Why a change cannot hold; null when it can. A fault that was there before is no reason: it would keep every other change out for ever.</summary>
    /// <param name="before">What is set for all replicas.</param>
    /// <param name="after">What would be.</param>
    /// <param name="replicas">What the replicas tell; without a proxy among them, what is set counts alone.</param>
    public static SettingsRefusal? Refusal(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after, IReadOnlyList<SettingsReport> replicas)
    {
        SettingsReport[] proxies = [.. replicas.Where(replica => replica.Service == SettingServices.Proxy)];
        if (proxies.Length == 0)
        {
            return Fault(after) is { } fault && fault != Fault(before) ? new("invalid_setting", fault) : null;
        }

        foreach (var proxy in proxies)
        {
            if (Fault(Over(proxy, after)) is { } fault && fault != Fault(Over(proxy, before)))
            {
                // Where no layer beneath has part in it, nobody needs to look for one.
                return new("invalid_setting", Fault(after) == fault ? fault : $"{fault} So it is on replica {proxy.Replica}, together with its command line, environment and files.");
            }
        }

        return null;
    }

    /// <summary>The values in force on a replica: the strongest layer of each is named first.</summary>
    private static Dictionary<string, string> Over(SettingsReport replica, IReadOnlyDictionary<string, string> set)
    {
        var values = set.ToDictionary(StringComparer.Ordinal);
        foreach (var layer in replica.Beneath)
        {
            values.TryAdd(layer.Name, layer.Value);
        }

        return values;
    }

    private static string? Fault(IReadOnlyDictionary<string, string> values) => ProfileRules.Fault(values)
        ?? ("UseDefault".Equals(values.GetValueOrDefault("Models:Unknown"), StringComparison.OrdinalIgnoreCase) && !values.ContainsKey("Models:Default")
            ? "Models:Unknown can be UseDefault only while Models:Default is set."
            : null);
}
