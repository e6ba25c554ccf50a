using GeminiBalance.KeyHealthService.Settings;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.KeyHealthService.Models;

/// <summary>Decides which settings a command on models amounts to. What settings must be anyway is left to <see cref="SettingsRules"/>. Pure.</summary>
/// <param name="catalogue">The catalogue; while it is empty every name may be a model.</param>
/// <param name="settings">The settings now.</param>
internal sealed class ModelRules(ModelCatalogue catalogue, ModelSettings settings)
{
    private readonly HashSet<string> known = catalogue.Models.Select(model => model.Upstream.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a model is in the catalogue, or something is set for it.</summary>
    public bool Has(string model) => IsModel(model) || settings.Named.Contains(model, StringComparer.OrdinalIgnoreCase);

    /// <summary>Serves a model or not.</summary>
    public (Dictionary<string, string?> Values, SettingsRefusal? Refusal) Serve(string model, bool serve) => One(ModelSettings.EnabledPrefix + model, serve ? "true" : "false");

    /// <summary>Lets a name lead to a model.</summary>
    public (Dictionary<string, string?> Values, SettingsRefusal? Refusal) Alias(string alias, string? model)
    {
        if (SettingCatalogue.Find(ModelSettings.AliasPrefix + alias) is null || alias.Contains('*', StringComparison.Ordinal))
        {
            return ([], new("invalid_alias", "An alias is a name of at most 180 characters, without blanks, ':' and '*'."));
        }

        if (string.IsNullOrEmpty(model))
        {
            return ([], new("invalid_alias", "model must name what the alias leads to."));
        }

        return alias.Equals(model, StringComparison.OrdinalIgnoreCase) || IsModel(settings.ModelBehind(model)) || settings.ModelBehind(model).Equals(alias, StringComparison.OrdinalIgnoreCase)
            ? One(ModelSettings.AliasPrefix + alias, model)
            : ([], Unknown(model, ModelSettings.AliasPrefix + alias));
    }

    /// <summary>Takes an alias away; null when there is none.</summary>
    public Dictionary<string, string?>? NoAlias(string alias) =>
        settings.Aliases.Any(one => one.Key.Equals(alias, StringComparison.OrdinalIgnoreCase)) ? One(ModelSettings.AliasPrefix + alias, null).Values : null;

    /// <summary>Sets which models may answer in place of one.</summary>
    public (Dictionary<string, string?> Values, SettingsRefusal? Refusal) Fallbacks(string model, IReadOnlyList<string>? chain)
    {
        if (chain is null || chain.Any(string.IsNullOrWhiteSpace) || chain.Distinct(StringComparer.OrdinalIgnoreCase).Count() != chain.Count)
        {
            return ([], new("invalid_fallbacks", "models must name models, each once, in the order in which they may answer."));
        }

        return chain.FirstOrDefault(other => !IsModel(other)) is { } unknown
            ? ([], Unknown(unknown, ModelSettings.FallbackPrefix + model))
            : One(ModelSettings.FallbackPrefix + model, chain.Count == 0 ? null : string.Join(',', chain));
    }

    private bool IsModel(string name) => known.Count == 0 || known.Contains(name);

    private static (Dictionary<string, string?> Values, SettingsRefusal? Refusal) One(string name, string? value) => (new() { [name] = value }, null);

    private static SettingsRefusal Unknown(string model, string setting)
    {
        var name = model.Length <= 100 ? model : model[..100] + "…";
        return new("unknown_model", $"The catalogue has no model '{name}'. Sync it first; a model the upstream does not list can be set as {(setting.Length <= 150 ? setting : "a setting")}.");
    }
}
