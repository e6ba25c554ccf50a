using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.Integration.Tests.Clients;

/// <summary>The clients people use from Node: their authors decide what is right. Each script makes its checks and tells of each.</summary>
public sealed class NodeClientTests(GatewayFixture gateway) : IAsyncLifetime
{
    private string hasty = "";
    private string spent = "";

    public async ValueTask InitializeAsync()
    {
        await NodeClient.InstallAsync();
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
        var told = JsonNode.Parse(await RunAsync(script))!.AsObject();

        Assert.Empty(told.Where(check => (string?)check.Value != "ok").Select(check => $"{check.Key}: {check.Value}"));
        Assert.Equal(checks, told.Count);
    }

    private Task<string> RunAsync(string script) => NodeClient.RunAsync(
        new Dictionary<string, string>
        {
            ["OPENAI_BASE_URL"] = gateway.OpenAiAddress.ToString(),
            ["OPENAI_API_KEY"] = gateway.AccessKey,
            ["OPENAI_HASTY_KEY"] = hasty,
            ["OPENAI_SPENT_KEY"] = spent,
        },
        "node",
        script);
}
