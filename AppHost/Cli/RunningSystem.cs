using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GeminiBalance.Cli;

/// <summary>Something the operator can mend; its message is one sentence.</summary>
/// <param name="message">The sentence.</param>
/// <param name="exitCode">The exit code.</param>
internal sealed class CliException(string message, int exitCode = 1) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>What the AppHost says of itself in <c>state.json</c>.</summary>
internal sealed record SystemState(int Pid, DateTimeOffset StartedAt, bool Demo, IReadOnlyList<ResourceState> Resources);

/// <summary>One resource of it.</summary>
internal sealed record ResourceState(
    string Name,
    string? Type,
    string State,
    string? Health,
    IReadOnlyDictionary<string, string>? Endpoints,
    IReadOnlyList<ReplicaState>? Replicas,
    int? ExitCode,
    string? Log)
{
    private static readonly string[] Ended = ["Finished", "Exited", "FailedToStart", "RuntimeUnhealthy"];

    /// <summary>Whether it does its work: a step has run to its end, anything else is running and healthy.</summary>
    [JsonIgnore]
    public bool IsReady => Name.EndsWith("-migrate", StringComparison.Ordinal)
        ? Ended.Contains(State) && ExitCode is 0
        : State == "Running" && Health is null or "Healthy";

    /// <summary>Whether it will not become ready any more.</summary>
    [JsonIgnore]
    public bool HasFailed => State == "FailedToStart" || (Ended.Contains(State) && ExitCode is not (null or 0));
}

/// <summary>A process of a resource.</summary>
internal sealed record ReplicaState(int Pid);

/// <summary>The access key that the first start creates, as it is kept between runs.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Key">The key itself.</param>
internal sealed record FirstAccessKey(Guid Id, string Key)
{
    /// <summary>Leaves the key out.</summary>
    public override string ToString() => $"{nameof(FirstAccessKey)} {Id}";
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(SystemState))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(FirstAccessKey))]
internal sealed partial class StateJson : JsonSerializerContext;

/// <summary>The system that runs on a data folder.</summary>
/// <param name="folder">The data folder.</param>
/// <param name="state">Its state.</param>
internal sealed class RunningSystem(string folder, SystemState state)
{
    private static readonly TimeSpan ReadRetry = TimeSpan.FromMilliseconds(20);

    public SystemState State => state;

    /// <summary>The file that keeps the first access key between runs.</summary>
    public string FirstAccessKeyFile => Path.Combine(folder, "access-key");

    /// <summary>The system on a folder.</summary>
    /// <exception cref="CliException">None runs there.</exception>
    public static RunningSystem On(string folder) =>
        TryOn(folder) ?? throw new CliException($"Nothing runs on the data folder {folder}; start it with ./gb demo or ./gb up, or name another folder with --data.");

    /// <summary>The system on a folder; null when none runs there.</summary>
    public static RunningSystem? TryOn(string folder)
    {
        if (Read(Path.Combine(folder, "state.json"), StateJson.Default.SystemState) is not { } state)
        {
            return null;
        }

        return IsAlive(state.Pid) && IsAppHost(state.Pid) ? new RunningSystem(folder, state) : null;
    }

    /// <summary>Whether a process is an AppHost: after a crash, the number in the state file may have gone to another program.</summary>
    private static bool IsAppHost(int pid)
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline");
        try
        {
            return !File.Exists(file) || File.ReadAllText(file).Contains("GeminiBalance.AppHost", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A generated secret of the system.</summary>
    /// <param name="name">The parameter's name, for example <c>service-token</c>.</param>
    public string Parameter(string name) =>
        ParameterFile.InUse(folder, name)
        ?? throw new CliException($"The data folder {folder} holds no parameter {name}; it may belong to another user.");

    /// <summary>A resource's address, or null when the system has no such resource.</summary>
    public Uri? TryAddress(string resource) =>
        state.Resources.FirstOrDefault(candidate => candidate.Name == resource)?.Endpoints?.GetValueOrDefault("http") is { } address ? new Uri(address) : null;

    /// <summary>A resource's address.</summary>
    /// <exception cref="CliException">It has none.</exception>
    public Uri Address(string resource) => TryAddress(resource) ?? throw new CliException($"{resource} has no address yet; see ./gb status.");

    /// <summary>Waits until everything is ready.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="hostPid">Process id of the AppHost that was started.</param>
    /// <param name="within">The most time.</param>
    /// <exception cref="CliException">Something failed, or time ran out.</exception>
    public static async Task<RunningSystem> ReadyAsync(string folder, int hostPid, TimeSpan within)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var system = TryOn(folder);
            // A state file that names another process was left by an AppHost that was killed.
            if (system is not null && system.State.Pid == hostPid && system.State.Resources.Count > 0)
            {
                if (system.State.Resources.FirstOrDefault(resource => resource.HasFailed) is { } failed)
                {
                    throw new CliException($"{failed.Name} did not start: {LastLine(failed.Log)}");
                }

                if (system.State.Resources.All(resource => resource.IsReady))
                {
                    return system;
                }
            }

            if (!IsAlive(hostPid))
            {
                throw new CliException($"The AppHost stopped: {LastLine(Path.Combine(folder, "apphost.log"))}");
            }

            if (watch.Elapsed > within)
            {
                var waiting = system?.State.Resources.Where(resource => !resource.IsReady).Select(resource => $"{resource.Name} ({resource.State})") ?? ["everything"];
                throw new CliException($"Not ready within {within.TotalSeconds:0} s: {string.Join(", ", waiting)}; see ./gb logs.");
            }

            await Task.Delay(100).ConfigureAwait(false);
        }
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string LastLine(string? file) =>
        file is null || !File.Exists(file) ? "it left no log." : TellingLine(File.ReadLines(file)) ?? "its log is empty.";

    /// <summary>The line that says most about an end: the last one that names an error, else the last one; stack traces aside.</summary>
    internal static string? TellingLine(IEnumerable<string> lines)
    {
        var last = lines
            .Where(line => line.Trim() is { Length: > 0 } text && !text.StartsWith("at ", StringComparison.Ordinal) && !text.StartsWith("--- ", StringComparison.Ordinal))
            .TakeLast(20)
            .Select(line => line.Trim())
            .ToList();
        return last.LastOrDefault(line => line.Contains("cannot start", StringComparison.Ordinal) || line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.StartsWith("Unhandled exception", StringComparison.Ordinal))
            ?? last.LastOrDefault();
    }

    /// <summary>Reads a file that another process replaces as a whole; a moment without it is no failure.</summary>
    internal static T? Read<T>(string file, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllBytes(file), type) : null;
            }
            catch (Exception e) when (e is JsonException or FileNotFoundException && attempt < 5)
            {
                Task.Delay(ReadRetry).GetAwaiter().GetResult();
            }
            catch (JsonException)
            {
                // The exception's text could quote a secret.
                throw new CliException($"{file} is no valid JSON.");
            }
            catch (UnauthorizedAccessException)
            {
                throw new CliException($"{file} cannot be read: it belongs to another user.");
            }
        }
    }
}
