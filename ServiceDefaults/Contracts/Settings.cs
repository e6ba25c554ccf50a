namespace GeminiBalance.Contracts;

/// <summary>All settings that were made, as the proxies take them over.</summary>
/// <param name="Revision">Id of the last change; empty when nothing was ever set. Also tells a restored store from what it was.</param>
/// <param name="Version">Number of changes so far.</param>
/// <param name="Values">The values by configuration name; what is not in it is left to files, environment and defaults.</param>
/// <param name="Secrets">The values that hold secrets, encrypted.</param>
public sealed record PublishedSettings(Guid Revision, long Version, IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, PublishedSecret>? Secrets = null);

/// <summary>An encrypted value of a setting.</summary>
/// <param name="Id">What its encryption is bound to.</param>
/// <param name="Secret">The value.</param>
public sealed record PublishedSecret(Guid Id, EncryptedSecret Secret);

/// <summary>What one layer beneath the settings says of one of them.</summary>
/// <param name="Name">Name as in configuration.</param>
/// <param name="Value">Its value there; secrets in it are masked.</param>
/// <param name="Source"><c>command_line</c>, <c>environment</c>, <c>file</c> or <c>host</c> (the program that runs the service in its own process).</param>
public sealed record SettingBeneath(string Name, string Value, string Source);

/// <summary>What a replica tells of the settings it applies.</summary>
/// <param name="Service"><c>proxy</c>, <c>keyhealth</c> or <c>stats</c>.</param>
/// <param name="Replica">Its name.</param>
/// <param name="Version">The version of the settings that holds there.</param>
/// <param name="Refusal">Why it refuses the newest version; null when it does not.</param>
/// <param name="Beneath">What its command line, environment and files say, the strongest layer first.</param>
public sealed record SettingsReport(string Service, string Replica, long Version, string? Refusal, IReadOnlyList<SettingBeneath> Beneath);

/// <summary>A replica that told of its settings within the last minute.</summary>
/// <param name="Service"><c>proxy</c>, <c>keyhealth</c> or <c>stats</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="SeenAt">When it told last (UTC).</param>
/// <param name="Version">The version that holds there.</param>
/// <param name="Refusal">Why it refuses the newest version; null when it does not.</param>
public sealed record SettingsReplica(string Service, string Name, DateTimeOffset SeenAt, long Version, string? Refusal = null);

/// <summary>A value a setting has in one layer.</summary>
/// <param name="Source"><c>ui</c> (set for all replicas), <c>command_line</c>, <c>environment</c>, <c>file</c>, <c>host</c> or <c>default</c>.</param>
/// <param name="Value">The value; null when the default is none.</param>
/// <param name="Replicas">The replicas that have it there; null when all have.</param>
public sealed record SettingLayer(string Source, string? Value, IReadOnlyList<string>? Replicas = null);

/// <summary>A setting, what it is set to, and what it is.</summary>
/// <param name="Name">Name as in configuration, as <c>Balancing:Strategy</c>.</param>
/// <param name="Value">The value set for all replicas; null when what lies beneath decides.</param>
/// <param name="Kind">What values look like: <c>text</c>, <c>integer</c>, <c>number</c>, <c>boolean</c> or <c>choice</c>.</param>
/// <param name="Default">The value when nobody sets one; null for none.</param>
/// <param name="Minimum">Smallest number.</param>
/// <param name="Maximum">Largest number, or most characters of a text.</param>
/// <param name="Choices">The values there are, of a choice.</param>
/// <param name="Description">What it does, in English.</param>
/// <param name="Effective">The value in force; null for none, and when <paramref name="Source"/> is null.</param>
/// <param name="Source">Where the value in force comes from, as in <see cref="SettingLayer"/>; null while nobody can say: replicas differ, or none has told.</param>
/// <param name="Layers">All layers that have a value, the strongest first.</param>
/// <param name="Services">The services that apply it: <c>proxy</c>, <c>keyhealth</c>, <c>stats</c>.</param>
/// <param name="Secret">True when the value holds passwords: it is read with them masked, and a masked one sent back stays what it was.</param>
public sealed record SettingView(
    string Name,
    string? Value,
    string Kind,
    string? Default,
    double? Minimum,
    double? Maximum,
    IReadOnlyList<string>? Choices,
    string Description,
    string? Effective = null,
    string? Source = null,
    IReadOnlyList<SettingLayer>? Layers = null,
    IReadOnlyList<string>? Services = null,
    bool? Secret = null);

/// <summary>All settings.</summary>
/// <param name="Version">Give it back when changing them.</param>
/// <param name="Settings">Every setting there is, and those made under a name of the caller's choice, as an alias.</param>
/// <param name="Replicas">The replicas that apply them.</param>
public sealed record SettingsView(long Version, IReadOnlyList<SettingView> Settings, IReadOnlyList<SettingsReplica>? Replicas = null);

/// <summary>Changes several settings, all or none.</summary>
/// <param name="Version">The version the change was made from; null takes whatever is newest.</param>
/// <param name="Values">New values by name; null unsets one.</param>
public sealed record ChangeSettings(long? Version, IReadOnlyDictionary<string, string?> Values);

/// <summary>Brings back what was set at a version.</summary>
/// <param name="To">The version; 0 unsets everything.</param>
/// <param name="Version">The version the decision was made on: when somebody else changed settings since, the answer is 409 with both values. Null takes whatever is newest.</param>
public sealed record RollbackSettings(long To, long? Version = null);

/// <summary>A setting before and after; null for unset.</summary>
public sealed record SettingChange(string Name, string? Before, string? After);

/// <summary>One change of settings.</summary>
/// <param name="Version">Its number.</param>
/// <param name="At">When (UTC).</param>
/// <param name="By">Who.</param>
/// <param name="RolledBackTo">The version it brought back; null when it did not.</param>
/// <param name="Changes">What changed.</param>
public sealed record SettingsVersion(long Version, DateTimeOffset At, string By, long? RolledBackTo, IReadOnlyList<SettingChange> Changes);
