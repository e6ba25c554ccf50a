using System.Reflection;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;

namespace GeminiBalance.Cli;

/// <summary>Brings a started system to the point where a first request is answered, and tells how to send it.</summary>
internal static class Announcing
{
    private const string FirstAccessKeyName = "first";

    public static string Version { get; } = typeof(Announcing).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static async Task<Announcement> PrepareAsync(RunningSystem system)
    {
        using var services = new ServiceCalls(system);
        var simulator = system.TryAddress("gemini-simulator");
        if (simulator is not null && (await services.SummaryAsync().ConfigureAwait(false)).Total == 0)
        {
            await services.ImportAsync(await services.SeedKeysAsync(simulator).ConfigureAwait(false)).ConfigureAwait(false);
        }

        var accessKey = await FirstAccessKeyAsync(system, services).ConfigureAwait(false);
        var setup = await services.GetNodeAsync("admin", "/internal/setup").ConfigureAwait(false);
        var firstPassword = (bool?)setup["firstPassword"] == true;
        var link = firstPassword ? await services.PostNodeAsync("admin", "/internal/login-links").ConfigureAwait(false) : null;
        return new Announcement(
            Version,
            system.Address("proxy"),
            system.Address("admin"),
            (string?)link?["url"],
            (string?)setup["user"] ?? "admin",
            firstPassword ? system.Parameter("admin-password") : null,
            accessKey,
            system.Address("keyhealth"),
            system.Address("stats"),
            simulator);
    }

    /// <summary>The access key of an earlier run while it still exists, else a new one, kept in a file only its owner reads.</summary>
    private static async Task<string> FirstAccessKeyAsync(RunningSystem system, ServiceCalls services)
    {
        if (File.Exists(system.FirstAccessKeyFile))
        {
            var kept = JsonNode.Parse(await File.ReadAllTextAsync(system.FirstAccessKeyFile).ConfigureAwait(false));
            var id = (Guid?)kept?["id"];
            var known = await services.GetAsync("keyhealth", "/access-keys", ContractsJson.Default.AccessKeyViewArray).ConfigureAwait(false);
            if (known.Any(key => key.Id == id && key.Enabled))
            {
                return (string)kept!["key"]!;
            }
        }

        var created = await services.CreateAccessKeyAsync(FirstAccessKeyName).ConfigureAwait(false);
        var file = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var writer = new StreamWriter(system.FirstAccessKeyFile, file);
        await writer.WriteAsync(new JsonObject { ["id"] = created.AccessKey.Id, ["key"] = created.Key }.ToJsonString()).ConfigureAwait(false);
        return created.Key;
    }
}
