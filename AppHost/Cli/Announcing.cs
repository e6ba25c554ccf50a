using System.Reflection;
using System.Text.Json;
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
            await services.CheckedAsync(await services.ImportAsync(await services.SeedKeysAsync(simulator).ConfigureAwait(false)).ConfigureAwait(false)).ConfigureAwait(false);
        }

        var accessKey = await FirstAccessKeyAsync(system, services).ConfigureAwait(false);
        var setup = await services.GetNodeAsync("admin", "/internal/setup").ConfigureAwait(false);
        var link = (bool?)setup["firstPassword"] == true ? await services.PostNodeAsync("admin", "/internal/login-links").ConfigureAwait(false) : null;
        return new Announcement(
            Version,
            system.Address("proxy"),
            system.Address("admin"),
            (string?)link?["url"],
            (string?)setup["user"] ?? "admin",
            (bool?)setup["passwordAsConfigured"] == true ? system.Parameter("admin-password") : null,
            accessKey,
            system.Address("keyhealth"),
            system.Address("stats"),
            simulator);
    }

    /// <summary>The access key of an earlier run while it still works, else a new one, kept in a file only its owner reads.</summary>
    private static async Task<string> FirstAccessKeyAsync(RunningSystem system, ServiceCalls services)
    {
        if (RunningSystem.Read(system.FirstAccessKeyFile, StateJson.Default.FirstAccessKey) is { } kept)
        {
            var known = await services.GetAsync("keyhealth", "/access-keys", ContractsJson.Default.AccessKeyViewArray).ConfigureAwait(false);
            if (known.Any(key => IsStill(key, kept)))
            {
                return kept.Key;
            }
        }

        var created = await services.CreateAccessKeyAsync(new CreateAccessKey(FirstAccessKeyName, null)).ConfigureAwait(false);
        // Before anything else can fail: nothing shows the key a second time.
        await using (var file = PrivateFile.Create(system.FirstAccessKeyFile))
        {
            await JsonSerializer.SerializeAsync(file, new FirstAccessKey(created.AccessKey.Id, created.Key), StateJson.Default.FirstAccessKey).ConfigureAwait(false);
        }

        await services.AcceptedAsync(created).ConfigureAwait(false);
        return created.Key;
    }

    /// <summary>Whether a key is the one that an access key has now, and still works: it may have been rotated since, or have expired.</summary>
    private static bool IsStill(AccessKeyView key, FirstAccessKey kept) =>
        key.Id == kept.Id
        && key.Enabled
        && kept.Key.StartsWith(key.Prefix, StringComparison.Ordinal)
        && (key.ExpiresAt is not { } at || at > TimeProvider.System.GetUtcNow());
}
