using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace GeminiBalance.LocalEngine;

/// <summary>Parameter values: the operator's, else those kept in the data folder, else new ones.</summary>
internal sealed class ParameterStore(EngineSettings settings)
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };
    private readonly Lock _gate = new();
    private SortedDictionary<string, string>? _kept;

    private string FilePath => Path.Combine(settings.DataFolder, "parameters.json");

    public string Resolve(IConfiguration configuration, string name, ParameterDefault? @default, bool persist)
    {
        // Environment variables cannot have hyphens everywhere.
        var given = configuration["Parameters:" + name] ?? configuration["Parameters:" + name.Replace('-', '_')];
        lock (_gate)
        {
            var kept = _kept ??= Load();
            var value = !string.IsNullOrEmpty(given) ? given
                : persist && kept.TryGetValue(name, out var old) ? old
                : @default?.GetDefaultValue()
                ?? throw new MissingParameterValueException(
                    $"Parameter '{name}' has no value: set Parameters:{name}, for example by the environment variable Parameters__{name.Replace('-', '_')}.");
            if (persist && kept.GetValueOrDefault(name) != value)
            {
                kept[name] = value;
                PrivateFiles.Write(FilePath, JsonSerializer.SerializeToUtf8Bytes(kept, _json));
            }

            return value;
        }
    }

    private SortedDictionary<string, string> Load()
    {
        if (!File.Exists(FilePath)) return new(StringComparer.Ordinal);
        try
        {
            var kept = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(FilePath)) ?? [];
            return new SortedDictionary<string, string>(kept, StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            // The exception's text could quote a password.
            throw new DistributedApplicationException(
                $"{FilePath} is no valid JSON (line {e.LineNumber + 1}): restore it, or delete the data folder to start anew.");
        }
    }
}
