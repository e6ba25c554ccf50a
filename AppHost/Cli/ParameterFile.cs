using System.Text.Json;

namespace GeminiBalance.Cli;

/// <summary>The secrets that the AppHost keeps in a data folder.</summary>
internal static class ParameterFile
{
    /// <summary>The parameter that stored keys are encrypted with.</summary>
    public const string EncryptionKey = "encryption-key";

    private const string KeptName = "parameters.json";

    // What the operator gave to the present run, until it has proven itself and takes the kept value's place.
    private const string GivenName = "parameters.given.json";

    /// <summary>A secret as the system that runs on a folder uses it; null when there is none.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="name">The parameter's name.</param>
    public static string? InUse(string folder, string name) => Read(folder, GivenName)?.GetValueOrDefault(name) ?? Kept(folder, name);

    /// <summary>A secret as the next start finds it; null when there is none.</summary>
    /// <param name="folder">The data folder; need not exist.</param>
    /// <param name="name">The parameter's name.</param>
    public static string? Kept(string folder, string name) => Read(folder, KeptName)?.GetValueOrDefault(name);

    /// <summary>Keeps a secret for the next start.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="name">The parameter's name.</param>
    /// <param name="value">Its value, proven against the data.</param>
    /// <exception cref="CliException">The file cannot be written.</exception>
    public static void Keep(string folder, string name, string value)
    {
        var kept = Read(folder, KeptName) ?? [];
        if (kept.GetValueOrDefault(name) == value)
        {
            return;
        }

        kept[name] = value;
        var file = Path.Combine(folder, KeptName);
        try
        {
            // Replaced in one step: half of this file would be as bad as none.
            using (var next = PrivateFile.Create(file + ".next"))
            {
                JsonSerializer.Serialize(next, kept, StateJson.Default.DictionaryStringString);
                next.Flush(flushToDisk: true);
            }

            File.Move(file + ".next", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} cannot be written, and does not hold the {name} that the data needs now: give that one at every start.");
        }
    }

    private static Dictionary<string, string>? Read(string folder, string name) => RunningSystem.Read(Path.Combine(folder, name), StateJson.Default.DictionaryStringString);
}
