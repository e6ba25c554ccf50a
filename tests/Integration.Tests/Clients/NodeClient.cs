using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace GeminiBalance.Integration.Tests.Clients;

/// <summary>Runs scripts with the clients people use from Node.</summary>
internal static class NodeClient
{
    private static readonly string Folder = typeof(NodeClient).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "ClientsFolder").Value!;

    /// <summary>Installs the clients, unless they are there.</summary>
    public static async Task InstallAsync()
    {
        // npm writes this file last, with what it installed.
        var installed = Path.Combine(Folder, "node_modules", ".package-lock.json");
        if (!File.Exists(installed) || File.GetLastWriteTimeUtc(installed) < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
        {
            await RunAsync(new Dictionary<string, string>(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
        }
    }

    /// <summary>Runs a program and waits for its end.</summary>
    /// <param name="environment">What it finds in its environment; secrets come this way.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it wrote.</returns>
    public static async Task<string> RunAsync(IReadOnlyDictionary<string, string> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        var said = environment.Values.Aggregate(await error, (text, secret) => text.Replace(secret, "(hidden)", StringComparison.Ordinal));
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {said}");
        return await output;
    }
}
