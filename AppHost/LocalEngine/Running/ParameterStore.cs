using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace GeminiBalance.LocalEngine;

/// <summary>
/// Parameter values: the operator's, else those kept in the data folder, else new ones. A given value takes a kept one's place only once the
/// application runs with it: the kept one may be the only copy of what the data was encrypted with.
/// </summary>
internal sealed class ParameterStore(EngineSettings settings)
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, string> _given = new(StringComparer.Ordinal);
    private SortedDictionary<string, string>? _kept;

    /// <summary>Names of the parameters whose given value is another one than the kept one.</summary>
    public IReadOnlyList<string> Given
    {
        get
        {
            lock (_gate) return [.. _given.Keys];
        }
    }

    private string KeptPath => Path.Combine(settings.DataFolder, "parameters.json");

    /// <summary>What this run uses in place of kept values. Other programs read it before the other file.</summary>
    private string GivenPath => Path.Combine(settings.DataFolder, "parameters.given.json");

    public string Resolve(IConfiguration configuration, string name, ParameterDefault? @default, bool persist)
    {
        // Environment variables cannot have hyphens everywhere.
        var given = configuration["Parameters:" + name] ?? configuration["Parameters:" + name.Replace('-', '_')];
        lock (_gate)
        {
            var kept = _kept ??= Begin();
            var value = !string.IsNullOrEmpty(given) ? given
                : persist && kept.TryGetValue(name, out var old) ? old
                : @default?.GetDefaultValue()
                ?? throw new MissingParameterValueException(
                    $"Parameter '{name}' has no value: set Parameters:{name}, for example by the environment variable Parameters__{name.Replace('-', '_')}.");
            if (persist && kept.TryAdd(name, value)) Write(KeptPath, kept);
            else if (persist && kept[name] != value)
            {
                _given[name] = value;
                Write(GivenPath, _given);
            }

            return value;
        }
    }

    /// <summary>Keeps the given values: the application runs with them.</summary>
    public void KeepGiven()
    {
        lock (_gate)
        {
            var kept = Load();
            foreach (var (name, value) in _given) kept[name] = value;
            Write(KeptPath, kept);
            File.Delete(GivenPath);
            _given.Clear();
            _kept = kept;
        }
    }

    private SortedDictionary<string, string> Begin()
    {
        // What an earlier run was given holds no longer.
        if (Directory.Exists(settings.DataFolder)) File.Delete(GivenPath);
        return Load();
    }

    private SortedDictionary<string, string> Load()
    {
        if (!File.Exists(KeptPath)) return new(StringComparer.Ordinal);
        try
        {
            var kept = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(KeptPath)) ?? [];
            return new SortedDictionary<string, string>(kept, StringComparer.Ordinal);
        }
        catch (JsonException e)
        {
            // The exception's text could quote a password.
            throw new DistributedApplicationException(
                $"{KeptPath} is no valid JSON (line {e.LineNumber + 1}): restore it, or delete the data folder to start anew.");
        }
    }

    private static void Write(string path, SortedDictionary<string, string> values) =>
        PrivateFiles.Write(path, JsonSerializer.SerializeToUtf8Bytes(values, _json));
}
