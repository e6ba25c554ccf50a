using System.Globalization;
using GeminiBalance.AdminUi.Resources;
using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;
using Microsoft.Extensions.Localization;

namespace GeminiBalance.AdminUi.Pages.Settings;

/// <summary>Settings in the words of the page's language; one that has none is called as in configuration.</summary>
internal sealed class SettingWords(IStringLocalizer<SettingNamesTexts> names, IStringLocalizer<SettingsTexts> text)
{
    /// <summary>The group a setting belongs to.</summary>
    public static string Section(string name) => name.Split(':', 2)[0];

    public string Group(string section) => names["Group." + section] is { ResourceNotFound: false } found ? found : section;

    public string Title(string name)
    {
        var (pattern, part) = Pattern(name);
        return names[pattern, part] is { ResourceNotFound: false } found ? found : name;
    }

    /// <summary>The name of an open setting before its own part is known.</summary>
    public string OpenTitle(string pattern) => names[pattern, "…"] is { ResourceNotFound: false } found ? found : pattern;

    public string About(SettingView setting) => names[Pattern(setting.Name).Pattern + ".About"] is { ResourceNotFound: false } found ? found : setting.Description;

    /// <summary>A value for reading.</summary>
    public string Value(string? value, string? kind = null) => (kind, value) switch
    {
        (_, null) => text["NotSet"],
        ("boolean", "true") => text["On"],
        ("boolean", "false") => text["Off"],
        _ => value,
    };

    /// <summary>What a layer beneath says.</summary>
    public string Layer(SettingLayer layer, string kind) => (layer.Source, layer.Value) switch
    {
        (SettingSources.Default, null) => text["NoDefault"],
        (SettingSources.Default, { } value) => text["Default", Value(value, kind)],
        _ => text["Layer." + layer.Source, Value(layer.Value, kind)],
    };

    /// <summary>Smallest and largest value; null when there is no range.</summary>
    public string? Range(SettingView setting) => setting.Kind is "integer" or "number" ? text["Range", Number(setting.Minimum), Number(setting.Maximum)].Value : null;

    /// <summary>What values a setting takes.</summary>
    public string Problem(SettingView setting) => setting.Kind switch
    {
        "integer" or "number" => text["Problem." + setting.Kind, Number(setting.Minimum), Number(setting.Maximum)],
        "text" => text["Problem.text", Number(setting.Maximum ?? SettingDefinition.LongestText)],
        _ => text["Problem.choice"],
    };

    private static string Number(double? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static (string Pattern, string Part) Pattern(string name)
    {
        if (SettingCatalogue.Find(name) is not { Definition: { IsOpen: true } definition } found)
        {
            return (name, "");
        }

        var star = definition.Name.IndexOf('*', StringComparison.Ordinal);
        return (definition.Name, found.Name[star..^(definition.Name.Length - star - 1)]);
    }
}
