using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Integration.Tests.Clients;

/// <summary>The clients people use from Node: their authors decide what is right. Each script makes its checks and tells of each.</summary>
public sealed class NodeClientTests(GatewayFixture gateway) : IAsyncLifetime
{
    private static readonly string Folder = typeof(NodeClientTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "ClientsFolder").Value!;

    private string hasty = "";
    private string spent = "";

    public async ValueTask InitializeAsync()
    {
        // npm writes this file last, with what it installed.
        var installed = Path.Combine(Folder, "node_modules", ".package-lock.json");
        if (!File.Exists(installed) || File.GetLastWriteTimeUtc(installed) < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
        {
            await RunAsync("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts");
        }

        hasty = (await gateway.CreateAccessKeyAsync("hasty", new AccessKeyLimits(RequestsPerMinute: 60))).Key;
        spent = (await gateway.CreateAccessKeyAsync("spent", new AccessKeyLimits(RequestsPerDay: 1))).Key;
        await gateway.Simulator.MarkersAsync(true);
    }

    public ValueTask DisposeAsync() => new(gateway.Simulator.MarkersAsync(false));

    [Theory]
    [InlineData("openai.mjs", 15)]
    [InlineData("genai.mjs", 8)]
    [InlineData("vercel.mjs", 8)]
    [InlineData("agents.mjs", 3)]
    public async Task Client_EveryCheck_IsPassed(string script, int checks)
    {
        var told = JsonNode.Parse(await RunAsync("node", script))!.AsObject();

        Assert.Empty(told.Where(check => (string?)check.Value != "ok").Select(check => $"{check.Key}: {check.Value}"));
        Assert.Equal(checks, told.Count);
    }

    private async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OPENAI_BASE_URL"] = gateway.OpenAiAddress.ToString();
        start.Environment["OPENAI_API_KEY"] = gateway.AccessKey;
        start.Environment["OPENAI_HASTY_KEY"] = hasty;
        start.Environment["OPENAI_SPENT_KEY"] = spent;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {(await error).Replace(gateway.AccessKey, "(access key)", StringComparison.Ordinal)}");
        return await output;
    }
}
