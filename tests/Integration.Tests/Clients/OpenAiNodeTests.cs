using System.Diagnostics;
using System.Reflection;
using System.Text.Json.Nodes;
using Xunit;

namespace GeminiBalance.Integration.Tests.Clients;

/// <summary>The official npm client, run by node.</summary>
public sealed class OpenAiNodeTests(GatewayFixture gateway)
{
    private static readonly string Folder = typeof(OpenAiNodeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "ClientsFolder").Value!;

    [Fact]
    public async Task NodeClient_ChatStreamAndError_AreUnderstood()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "openai")))
        {
            await RunAsync("npm", ["ci", "--no-audit", "--no-fund"]);
        }

        var said = JsonNode.Parse(await RunAsync("node", ["chat.mjs"]))!;

        Assert.Contains("a word from node", (string)said["unary"]!["text"]!, StringComparison.Ordinal);
        Assert.Equal("stop", (string)said["unary"]!["finish"]!);
        Assert.True((int)said["unary"]!["totalTokens"]! > 0);
        Assert.True((int)said["stream"]!["pieces"]! > 3);
        Assert.Equal(40, (int)said["stream"]!["words"]!);
        Assert.Equal("stop", (string)said["stream"]!["finish"]!);
        Assert.True((int)said["stream"]!["totalTokens"]! > 0);
        Assert.Equal(400, (int)said["badRequest"]!["status"]!);
        Assert.Equal("invalid_request_error", (string)said["badRequest"]!["type"]!);
        Assert.Equal(401, (int)said["unauthorized"]!["status"]!);
    }

    private async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OPENAI_BASE_URL"] = gateway.OpenAiAddress.ToString();
        start.Environment["OPENAI_API_KEY"] = gateway.AccessKey;
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {(await error).Replace(gateway.AccessKey, "(access key)", StringComparison.Ordinal)}");
        return await output;
    }
}
