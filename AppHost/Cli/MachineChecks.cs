using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;

namespace GeminiBalance.Cli;

/// <summary>What this machine has.</summary>
internal static class MachineChecks
{
    private const long NeededBytes = 2L * 1024 * 1024 * 1024;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(5);
    private static readonly string[] _rabbitMq = ["/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server"];

    public static Finding Sdk() => Output("dotnet", "--version") is { } version && version.StartsWith("10.", StringComparison.Ordinal)
        ? new($".NET SDK {version}")
        : new(".NET SDK 10 is missing", "curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0");

    public static Finding Postgres() => Version("PostgreSQL", PostgresProgram(), "postgresql");

    public static Finding Redis() => Version("Redis", Find("redis-server"), "redis-server");

    // Not asked for its version: the answer would start a broker.
    public static Finding RabbitMq() => Array.Find(_rabbitMq, File.Exists) is { } script
        ? new($"RabbitMQ at {script}{(RabbitMqVersion() is { } version ? $", {version}" : "")}")
        : Missing("RabbitMQ", "rabbitmq-server");

    public static Finding Node() => Output("node", "--version") is { } version
        ? new($"Node.js {version} (for './gb test')")
        : new("Node.js is missing (only './gb test' needs it)", "sudo apt-get install nodejs npm", Needed: false);

    public static IEnumerable<Finding> Ports() =>
        Ports(IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(endpoint => endpoint.Port).ToHashSet());

    public static IEnumerable<Finding> Ports(IReadOnlySet<int> taken) => new[] { (Port: 8080, Option: "--port"), (Port: 8081, Option: "--admin-port") }.Select(wanted =>
    {
        var text = wanted.Port.ToString(CultureInfo.InvariantCulture);
        return taken.Contains(wanted.Port)
            ? new Finding($"Port {text} is taken", $"the next free one is used, or choose with {wanted.Option}", Needed: false)
            : new Finding($"Port {text} is free");
    });

    public static Finding Disk(string folder)
    {
        var existing = Path.GetFullPath(folder);
        while (!Directory.Exists(existing)) existing = Path.GetDirectoryName(existing)!;
        var free = new DriveInfo(existing).AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / 1e9:0.0} GB free on the disk of {existing}");
        return free > NeededBytes ? new(text) : new(text, "free at least 2 GB, or name a folder on another disk with --data");
    }

    public static Finding DataFolder(string folder)
    {
        if (!Directory.Exists(folder)) return new($"Data folder {folder} (not made yet)");
        if (OperatingSystem.IsWindows()) return new($"Data folder {folder}");
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        return (File.GetUnixFileMode(folder) & others) == 0
            ? new($"Data folder {folder} is private")
            : new($"Data folder {folder} can be read by other users", $"chmod 700 {folder}");
    }

    public static Finding Proxies(Func<string, string?> environment)
    {
        string[] names = [.. new[] { "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY" }.SelectMany(name => new[] { name, name.ToLowerInvariant() }).Where(name => !string.IsNullOrEmpty(environment(name)))];
        if (names.Length == 0) return new("No proxy is set");
        var exceptions = (environment("NO_PROXY") ?? environment("no_proxy") ?? "").Split(',', StringSplitOptions.TrimEntries);
        // The values are left out: a proxy's address may hold a password.
        return exceptions.Contains("localhost") || exceptions.Contains("127.0.0.1") || exceptions.Contains("*")
            ? new($"A proxy is set by {string.Join(", ", names)}, not for localhost")
            : new($"A proxy is set by {string.Join(", ", names)} for localhost too", "export NO_PROXY=localhost,127.0.0.1");
    }

    private static Finding Version(string name, string? program, string package) =>
        program is not null && Output(program, "--version") is { } version ? new($"{name} at {program}: {version}") : Missing(name, package);

    private static Finding Missing(string name, string package) => new($"{name} is missing", $"sudo apt-get install {package}");

    private static string? PostgresProgram()
    {
        const string packaged = "/usr/lib/postgresql";
        var versions = Directory.Exists(packaged) ? Directory.GetDirectories(packaged) : [];
        return versions
            .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin", "postgres"))
            .FirstOrDefault(File.Exists) ?? Find("postgres");
    }

    private static string? RabbitMqVersion()
    {
        const string packaged = "/usr/lib/rabbitmq/lib";
        return Directory.Exists(packaged) ? Directory.GetDirectories(packaged, "rabbitmq_server-*").Select(Path.GetFileName).FirstOrDefault() : null;
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(folder => Path.Combine(folder, program))
        .FirstOrDefault(File.Exists);

    private static string? Output(string program, string argument)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, argument) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var line = process.StandardOutput.ReadLine();
            if (process.WaitForExit(_limit) && process.ExitCode == 0) return line;
            if (!process.HasExited) process.Kill();
            return null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
