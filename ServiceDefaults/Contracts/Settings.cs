namespace GeminiBalance.Contracts;

/// <summary>All settings that were made, as the proxies take them over.</summary>
/// <param name="Revision">Id of the last change; empty when nothing was ever set. Also tells a restored store from what it was.</param>
/// <param name="Version">Number of changes so far.</param>
/// <param name="Values">The values by configuration name; what is not in it is left to files, environment and defaults.</param>
public sealed record PublishedSettings(Guid Revision, long Version, IReadOnlyDictionary<string, string> Values);

/// <summary>A setting, and what it is set to.</summary>
/// <param name="Name">Name as in configuration, as <c>Balancing:Strategy</c>.</param>
/// <param name="Value">The value set for all replicas; null when files, environment and defaults decide.</param>
/// <param name="Kind">What values look like: <c>text</c>, <c>integer</c>, <c>number</c>, <c>boolean</c> or <c>choice</c>.</param>
/// <param name="Default">The value when nobody sets one; null for none.</param>
/// <param name="Minimum">Smallest number.</param>
/// <param name="Maximum">Largest number, or most characters of a text.</param>
/// <param name="Choices">The values there are, of a choice.</param>
/// <param name="Description">What it does, in English.</param>
public sealed record SettingView(
    string Name, string? Value, string Kind, string? Default, double? Minimum, double? Maximum, IReadOnlyList<string>? Choices, string Description);

/// <summary>All settings.</summary>
/// <param name="Version">Give it back when changing them.</param>
/// <param name="Settings">Every setting there is, and those made under a name of the caller's choice, as an alias.</param>
public sealed record SettingsView(long Version, IReadOnlyList<SettingView> Settings);

/// <summary>Changes several settings, all or none.</summary>
/// <param name="Version">The version the change was made from; null takes whatever is newest.</param>
/// <param name="Values">New values by name; null unsets one.</param>
public sealed record ChangeSettings(long? Version, IReadOnlyDictionary<string, string?> Values);

/// <summary>Brings back what was set at a version.</summary>
/// <param name="To">The version; 0 unsets everything.</param>
public sealed record RollbackSettings(long To);

/// <summary>A setting before and after; null for unset.</summary>
public sealed record SettingChange(string Name, string? Before, string? After);

/// <summary>One change of settings.</summary>
/// <param name="Version">Its number.</param>
/// <param name="At">When (UTC).</param>
/// <param name="By">Who.</param>
/// <param name="RolledBackTo">The version it brought back; null when it did not.</param>
/// <param name="Changes">What changed.</param>
public sealed record SettingsVersion(long Version, DateTimeOffset At, string By, long? RolledBackTo, IReadOnlyList<SettingChange> Changes);
