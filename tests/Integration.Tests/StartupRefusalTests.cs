using System.Diagnostics;
using System.Reflection;
using Xunit;

namespace GeminiBalance.Integration.Tests;

/// <summary>Every service, started as its own process with a setting missing or wrong.</summary>
public sealed class StartupRefusalTests
{
    private const string Database = "Host=127.0.0.1;Port=1;Database=geminibalance;Username=x;Password=canary";
    private const string Key = "k8Jx0Qm3Vb7Nc2Lz9Wp4Ry6Td1Hs5Gf0AeUiOo";

    private static readonly string Binaries = typeof(StartupRefusalTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "ServiceBinaries").Value!;

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "ProxyService", "ConnectionStrings__redis=127.0.0.1:1", "ConnectionStrings:messaging" },
        { "ProxyService", $"ConnectionStrings__redis=127.0.0.1:1|ConnectionStrings__messaging=amqp://127.0.0.1:1|ServiceAuth__Token={Key}", "Encryption:Key is not set" },
        { "ProxyService", $"ConnectionStrings__redis=127.0.0.1:1|ConnectionStrings__messaging=amqp://127.0.0.1:1|ServiceAuth__Token={Key}|Encryption__Key=short", "Encryption:Key is too short" },
        { "KeyHealthService", "", "ConnectionStrings:geminibalance" },
        { "KeyHealthService", $"ConnectionStrings__geminibalance={Database}|ConnectionStrings__redis=127.0.0.1:1|ConnectionStrings__messaging=amqp://127.0.0.1:1|ServiceAuth__Token={Key}|Encryption__Key=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Encryption:Key is not random" },
        { "StatsService", "", "ConnectionStrings:geminibalance" },
        { "StatsService", $"ConnectionStrings__geminibalance={Database}|ConnectionStrings__messaging=rabbit", "ConnectionStrings:messaging" },
        { "StatsService", $"ConnectionStrings__geminibalance={Database}|ConnectionStrings__messaging=amqp://127.0.0.1:1", "ServiceAuth:Token is not set" },
        { "AdminUi", "", "ConnectionStrings:geminibalance" },
        { "AdminUi", $"ConnectionStrings__geminibalance={Database}|ServiceAuth__Token=short", "ServiceAuth:Token is too short" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Service_WithAnUnfitSetting_NamesItAndEndsWithOne(string service, string settings, string sentence)
    {
        var (exitCode, logged, said) = await RunAsync(service, settings);

        Assert.True(exitCode == 1, $"exit code {exitCode}: {said}");
        Assert.Contains(sentence, said, StringComparison.Ordinal);
        Assert.All(said.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.StartsWith($"GeminiBalance.{service} cannot start: ", line, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", logged, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", logged + said, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Logged, string Said)> RunAsync(string service, string settings)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(Binaries.Replace("{service}", service, StringComparison.Ordinal), $"GeminiBalance.{service}.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        foreach (var inherited in start.Environment.Keys.Where(name => name.Contains("__", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(inherited);
        }

        start.Environment["URLS"] = "http://127.0.0.1:0";
        foreach (var setting in settings.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = setting.Split('=', 2);
            start.Environment[parts[0]] = parts[1];
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
