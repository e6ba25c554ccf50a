using GeminiBalance.Contracts;
using GeminiBalance.ServiceDefaults.Settings;

namespace GeminiBalance.AdminUi.Pages.Settings;

/// <summary>A setting that two operators changed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Theirs">What the other made of it; null for unset.</param>
/// <param name="Yours">What is meant here; null for unset.</param>
public sealed record SettingConflict(string Name, string? Theirs, string? Yours);

/// <summary>The settings as they were read, and what an operator means to make of them.</summary>
/// <param name="read">The settings as they were read.</param>
public sealed class SettingsDraft(SettingsView read)
{
    private readonly SortedDictionary<string, string?> edits = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SettingView> added = new(StringComparer.Ordinal);

    /// <summary>The settings as they were read.</summary>
    public SettingsView Read { get; private set; } = read;

    /// <summary>The version that was read.</summary>
    public long Version => Read.Version;

    /// <summary>All settings, those added by name behind those of their kind.</summary>
    public IEnumerable<SettingView> Settings => Read.Settings.Concat(added.Values);

    /// <summary>What would change.</summary>
    public IReadOnlyList<SettingChange> Changes => [.. edits.Select(edit => new SettingChange(edit.Key, Known(edit.Key), edit.Value))];

    /// <summary>Names of settings whose values cannot be saved.</summary>
    public IEnumerable<string> Faulty => Settings.Where(setting => Refuse(setting) is not null).Select(setting => setting.Name);

    /// <summary>Whether a setting differs from what was read.</summary>
    public bool IsChanged(string name) => edits.ContainsKey(name) || added.ContainsKey(name);

    /// <summary>The value as it would be; null for unset.</summary>
    public string? Value(string name) => edits.TryGetValue(name, out var value) ? value : Known(name);

    /// <summary>Changes a value; null or nothing unsets it.</summary>
    public void Set(string name, string? value)
    {
        value = string.IsNullOrEmpty(value) ? null : value;
        if (value == Known(name))
        {
            edits.Remove(name);
        }
        else
        {
            edits[name] = value;
        }
    }

    /// <summary>Takes back a change.</summary>
    public void Revert(string name)
    {
        edits.Remove(name);
        added.Remove(name);
    }

    /// <summary>Adds a setting whose name is partly the operator's choice.</summary>
    /// <param name="pattern">Its name with <c>*</c> in place of that part.</param>
    /// <param name="part">That part.</param>
    /// <returns>The setting's name; null when there is no such name.</returns>
    public string? Add(string pattern, string part)
    {
        if (part.Contains('*', StringComparison.Ordinal) || SettingCatalogue.Find(pattern.Replace("*", part.Trim(), StringComparison.Ordinal)) is not { Definition: { IsOpen: true } definition, Name: var name })
        {
            return null;
        }

        if (Settings.All(setting => setting.Name != name))
        {
            added[name] = new SettingView(name, null, definition.Kind.ToString().ToLowerInvariant(), definition.Default, definition.Minimum, definition.Maximum, definition.Choices, definition.Description);
        }

        return name;
    }

    /// <summary>Moves the changes onto newer settings.</summary>
    /// <param name="now">The settings as they are.</param>
    /// <returns>The settings that were changed here and there, each another way.</returns>
    public IReadOnlyList<SettingConflict> Rebase(SettingsView now)
    {
        var before = Changes;
        Read = now;
        foreach (var name in now.Settings.Select(setting => setting.Name))
        {
            added.Remove(name);
        }

        foreach (var change in before)
        {
            Set(change.Name, change.After);
        }

        return [.. before.Where(change => edits.ContainsKey(change.Name) && Known(change.Name) != change.Before).Select(change => new SettingConflict(change.Name, Known(change.Name), change.After))];
    }

    /// <summary>Why a value cannot be saved: the kind of the setting, whose values it is none of; null when it can.</summary>
    public string? Refuse(SettingView setting) =>
        edits.TryGetValue(setting.Name, out var value) && value is not null && Enum.TryParse<SettingKind>(setting.Kind, ignoreCase: true, out var kind)
            && new SettingDefinition(setting.Name, kind, setting.Default, setting.Description, setting.Minimum, setting.Maximum, setting.Choices).Refuse(value) is not null
            ? setting.Kind
            : null;

    private string? Known(string name) => Read.Settings.FirstOrDefault(setting => setting.Name == name)?.Value;
}
