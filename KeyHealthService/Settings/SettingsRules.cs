using System.Collections.Immutable;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Settings;

/// <summary>Why settings are refused.</summary>
internal sealed record SettingsRefusal(string Code, string Detail);

/// <summary>Decides on changes of settings. Pure.</summary>
internal static class SettingsRules
{
    private const int MostSettings = 2000;
    private const int LongestModel = 128;
    private const string Aliases = "Models:Aliases:";

    /// <summary>What a change amounts to, given the values before it.</summary>
    /// <param name="before">What is set.</param>
    /// <param name="asked">The change; null unsets a setting.</param>
    /// <param name="replicas">What the proxies tell of their own layers: what settings must be together, they must be on each of them.</param>
    /// <returns>The settings that really change, or why none does.</returns>
    public static (IReadOnlyList<SettingChange> Changes, SettingsRefusal? Refusal) Decide(
        IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string?> asked, IReadOnlyList<SettingsReport>? replicas = null)
    {
        var changes = new Dictionary<string, SettingChange>(StringComparer.Ordinal);
        foreach (var (given, value) in asked)
        {
            if (SettingCatalogue.Find(given) is not var (definition, name) || definition.IsOpen && name.Contains('*', StringComparison.Ordinal))
            {
                return Refused("unknown_setting", $"There is no setting called '{Short(given)}'.");
            }

            if (value is not null && definition.Refuse(SealedValue.Show(name, value)) is { } expected)
            {
                return Refused("invalid_setting", $"{name} must be {expected}.");
            }

            if (!changes.TryAdd(name, new SettingChange(name, before.GetValueOrDefault(name), value)))
            {
                return Refused("invalid_setting", $"{name} is given twice.");
            }
        }

        SettingChange[] real = [.. changes.Values.Where(change => change.Before != change.After).OrderBy(change => change.Name, StringComparer.Ordinal)];
        var after = GatewaySettings.After(before.ToImmutableSortedDictionary(StringComparer.Ordinal), real);
        return (Together(after) ?? LayeredRules.Refusal(before, after, replicas ?? [])) is { } refusal ? ([], refusal) : (real, null);

        static (IReadOnlyList<SettingChange>, SettingsRefusal?) Refused(string code, string detail) => ([], new(code, detail));
    }

    /// <summary>The change that brings back earlier values.</summary>
    public static Dictionary<string, string?> Back(IReadOnlyDictionary<string, string> now, IReadOnlyDictionary<string, string> then) =>
        now.Keys.Union(then.Keys, StringComparer.Ordinal).ToDictionary(name => name, then.GetValueOrDefault, StringComparer.Ordinal);

    /// <summary>What differs from some values to others, by name.</summary>
    public static IEnumerable<SettingChange> Difference(IReadOnlyDictionary<string, string> from, IReadOnlyDictionary<string, string> to) =>
        Back(from, to)
            .Select(value => new SettingChange(value.Key, from.GetValueOrDefault(value.Key), value.Value))
            .Where(change => change.Before != change.After)
            .OrderBy(change => change.Name, StringComparer.Ordinal);

    /// <summary>Refuses what fits alone but not together.</summary>
    private static SettingsRefusal? Together(IReadOnlyDictionary<string, string> values)
    {
        if (values.Count > MostSettings)
        {
            return new("too_many_settings", $"At most {MostSettings} settings can be set.");
        }

        foreach (var (name, value) in values)
        {
            var isChain = name.StartsWith("Models:Fallbacks:", StringComparison.Ordinal);
            if (!isChain && name != "Models:Default" && !name.StartsWith(Aliases, StringComparison.Ordinal))
            {
                continue;
            }

            var models = isChain ? value.Split(',', StringSplitOptions.TrimEntries) : [value];
            if (!models.All(IsModel))
            {
                return new("invalid_setting", $"{name} must be {(isChain ? "names of models, separated by commas" : "the name of a model")}: at most {LongestModel} letters, digits, '-', '_' and '.', the first a letter or digit, without '..'.");
            }

            if (isChain && models.Contains(name["Models:Fallbacks:".Length..], StringComparer.OrdinalIgnoreCase))
            {
                return new("invalid_setting", $"{name} must name other models than itself.");
            }
        }

        return AliasInACircle(values) is { } alias ? new("invalid_setting", $"{Aliases}{alias} must be the name of a model: it leads back to itself.") : null;
    }

    /// <summary>What gateways take for a model's name: a setting they refuse would keep them from all that come later.</summary>
    private static bool IsModel(string name) =>
        name.Length is > 0 and <= LongestModel && char.IsAsciiLetterOrDigit(name[0]) && !name.Contains("..", StringComparison.Ordinal)
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static string? AliasInACircle(IReadOnlyDictionary<string, string> values)
    {
        var aliases = values.Where(setting => setting.Key.StartsWith(Aliases, StringComparison.Ordinal))
            .ToDictionary(setting => setting.Key[Aliases.Length..], setting => setting.Value, StringComparer.OrdinalIgnoreCase);
        return aliases.Keys.FirstOrDefault(alias =>
        {
            var name = aliases[alias];
            for (var steps = 0; steps < aliases.Count && !name.Equals(alias, StringComparison.OrdinalIgnoreCase) && aliases.TryGetValue(name, out var next); steps++)
            {
                name = next;
            }

            return name.Equals(alias, StringComparison.OrdinalIgnoreCase);
        });
    }

    private static string Short(string name) => name.Length <= 100 ? name : name[..100] + "…";
}
