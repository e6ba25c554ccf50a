using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>What the settings of the gateway say of models: the one truth about aliases, fallbacks, profiles and what is served. Pure.</summary>
internal sealed class ModelSettings
{
    public const string AliasPrefix = "Models:Aliases:";
    public const string EnabledPrefix = "Models:Enabled:";
    public const string FallbackPrefix = "Models:Fallbacks:";
    private const string ProfilePrefix = "Models:Profiles:";

    /// <summary>The most aliases that lead from one to the next, as in the gateway.</summary>
    private const int LongestWay = 8;

    private readonly IReadOnlyDictionary<string, string> values;
    private readonly Dictionary<string, string> aliases;

    public ModelSettings(IReadOnlyDictionary<string, string> values)
    {
        this.values = values;
        aliases = Under(AliasPrefix).ToDictionary(alias => alias.Name, alias => alias.Value, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The aliases by name.</summary>
    public IEnumerable<KeyValuePair<string, string>> Aliases => aliases.OrderBy(alias => alias.Key, StringComparer.Ordinal);

    /// <summary>Models that something is set for, so that they are shown even when the catalogue lacks them.</summary>
    public IEnumerable<string> Named => Under(EnabledPrefix).Where(model => model.Value == "false").Concat(Under(FallbackPrefix)).Select(model => model.Name).Distinct(StringComparer.OrdinalIgnoreCase);

    /// <summary>The model a name leads to, without suffixes.</summary>
    public string ModelBehind(string name)
    {
        for (var steps = 0; steps < LongestWay && aliases.TryGetValue(name, out var next); steps++)
        {
            name = next;
        }

        return ModelSuffixes.Cut(name);
    }

    public bool Serves(string model) => values.GetValueOrDefault(EnabledPrefix + model.ToLowerInvariant()) != "false";

    public IReadOnlyList<string> FallbacksOf(string model) =>
        values.GetValueOrDefault(FallbackPrefix + model.ToLowerInvariant())?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    /// <summary>The profile set under a model's whole name; null for none.</summary>
    public ModelProfileOverride? ProfileOf(string model)
    {
        var fields = new JsonObject();
        foreach (var (name, value) in Under($"{ProfilePrefix}{model.ToLowerInvariant()}:"))
        {
            fields[JsonNamingPolicy.CamelCase.ConvertName(name)] = value switch
            {
                "true" or "false" => value == "true",
                _ when long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
                _ => value,
            };
        }

        return fields.Count == 0 ? null : fields.Deserialize(ContractsJson.Default.ModelProfileOverride);
    }

    /// <summary>The settings that stand for a profile, those it leaves out unset.</summary>
    public static Dictionary<string, string?> SettingsOf(string prefix, ModelProfileOverride profile)
    {
        var given = JsonSerializer.SerializeToElement(profile, ContractsJson.Default.ModelProfileOverride);
        return SettingCatalogue.All.Where(definition => definition.Name.StartsWith(ProfilePrefix, StringComparison.Ordinal)).ToDictionary(
            definition => definition.Name.Replace("*", prefix, StringComparison.Ordinal),
            definition => given.TryGetProperty(JsonNamingPolicy.CamelCase.ConvertName(definition.Name[(definition.Name.LastIndexOf(':') + 1)..]), out var value) ? Word(value) : null,
            StringComparer.Ordinal);
    }

    private static string Word(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private IEnumerable<(string Name, string Value)> Under(string prefix) =>
        values.Where(value => value.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).Select(value => (value.Key[prefix.Length..], value.Value));
}
