using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary><c>./gb settings …</c>.</summary>
internal static partial class SettingsVerbs
{
    public static Task<int> RunAsync(RunningSystem system, string[] args, TextWriter output) => args switch
    {
        ["get", .. var rest] => GetAsync(system, new CommandOptions("settings get", rest, "--json"), output),
        ["set", .. var rest] => SetAsync(system, new CommandOptions("settings set", rest, "--json"), output),
        ["unset", .. var rest] => UnsetAsync(system, new CommandOptions("settings unset", rest, "--json"), output),
        ["versions", .. var rest] => VersionsAsync(system, new CommandOptions("settings versions", rest, "--json"), output),
        ["rollback", .. var rest] => RollBackAsync(system, new CommandOptions("settings rollback", rest, "--json"), output),
        _ => throw new CliException("settings is followed by get, set, unset, versions or rollback; see ./gb help settings.", 2),
    };

    private static async Task<int> GetAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var words = options.Words(0, 1);
        using var services = new ServiceCalls(system);
        var all = await services.GetAsync("keyhealth", "/settings", ContractsJson.Default.SettingsView).ConfigureAwait(false);
        if (words is [var name])
        {
            var one = all.Settings.FirstOrDefault(setting => setting.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw new CliException($"No setting is called '{name}', or none of that name is set; ./gb settings get lists them.");
            output.WriteLine(options.Json ? JsonSerializer.Serialize(one, ContractsJson.Default.SettingView) : Line(one));
            return 0;
        }

        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(all, ContractsJson.Default.SettingsView));
            return 0;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Version {all.Version}."));
        foreach (var setting in all.Settings)
        {
            output.WriteLine(Line(setting));
        }

        return 0;
    }

    private static async Task<int> SetAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var words = options.Words(2, 2);
        var value = words[1] == "-" ? (await Verbs.ReadTextAsync("-").ConfigureAwait(false)).TrimEnd('\r', '\n') : words[1];
        return words[1] != "-" && Credentials().IsMatch(value)
            ? throw new CliException($"Everybody on this machine can read a password that stands in a command: give the value on standard input, as './gb settings set {words[0]} - <FILE'.", 2)
            : await ChangeAsync(system, words[0], value, options, output).ConfigureAwait(false);
    }

    [GeneratedRegex("://[^/@\\s]*:[^/@\\s]+@", RegexOptions.CultureInvariant)]
    private static partial Regex Credentials();

    private static Task<int> UnsetAsync(RunningSystem system, CommandOptions options, TextWriter output) =>
        ChangeAsync(system, options.Words(1, 1)[0], null, options, output);

    private static async Task<int> ChangeAsync(RunningSystem system, string name, string? value, CommandOptions options, TextWriter output)
    {
        using var services = new ServiceCalls(system);
        var change = new ChangeSettings(null, new Dictionary<string, string?> { [name] = value });
        Print(
            await services.SendJsonAsync(HttpMethod.Put, "keyhealth", "/settings", change, ContractsJson.Default.ChangeSettings, ContractsJson.Default.SettingsView).ConfigureAwait(false), options, output);
        return 0;
    }

    private static async Task<int> VersionsAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        options.Words(0, 0);
        using var services = new ServiceCalls(system);
        var versions = await services.GetAsync("keyhealth", "/settings/versions", ContractsJson.Default.SettingsVersionArray).ConfigureAwait(false);
        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(versions, ContractsJson.Default.SettingsVersionArray));
            return 0;
        }

        foreach (var version in versions)
        {
            var back = version.RolledBackTo is { } to ? string.Create(CultureInfo.InvariantCulture, $", back to version {to}") : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{version.Version,4}  {version.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC  {version.By}{back}"));
            foreach (var change in version.Changes)
            {
                output.WriteLine($"      {change.Name}: {Short(change.Before)} -> {Short(change.After)}");
            }
        }

        return 0;
    }

    private static async Task<int> RollBackAsync(RunningSystem system, CommandOptions options, TextWriter output)
    {
        var word = options.Words(1, 1)[0];
        if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
        {
            throw new CliException($"'{word}' is no version; './gb settings versions' shows them.", 2);
        }

        using var services = new ServiceCalls(system);
        Print(
            await services.SendJsonAsync(
                HttpMethod.Post, "keyhealth", "/settings/rollback", new RollbackSettings(version), ContractsJson.Default.RollbackSettings, ContractsJson.Default.SettingsView).ConfigureAwait(false), options, output);
        return 0;
    }

    private static void Print(SettingsView now, CommandOptions options, TextWriter output) => output.WriteLine(options.Json
        ? JsonSerializer.Serialize(now, ContractsJson.Default.SettingsView)
        : string.Create(CultureInfo.InvariantCulture, $"Version {now.Version} of the settings holds on every replica within two seconds."));

    private static string Line(SettingView setting) => setting switch
    {
        { Source: { } source } when setting.Effective is { } value => $"{setting.Name} = {Short(value)} ({WordOf(source)})",
        { Source: not null } => $"{setting.Name} is not set",
        { Value: { } value } => $"{setting.Name} = {Short(value)}",
        { Layers: { } layers } when layers.Any(layer => layer.Replicas is not null) => $"{setting.Name} differs: {string.Join("; ", layers.Select(Layer))}",
        _ => $"{setting.Name} is not set here; files and environment decide, else {setting.Default ?? "nothing"}",
    };

    private static string Layer(SettingLayer layer) =>
        $"{Short(layer.Value)} ({WordOf(layer.Source)}{(layer.Replicas is { } replicas ? " of " + string.Join(", ", replicas) : "")})";

    private static string WordOf(string source) => source switch
    {
        "ui" => "set for all replicas",
        "command_line" => "command line",
        _ => source,
    };

    private static string Short(string? value) => value is null ? "(unset)" : value.Length <= 80 ? value.ReplaceLineEndings(" ") : value[..80].ReplaceLineEndings(" ") + "…";
}
