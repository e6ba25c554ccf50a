using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>Requests to Gemini's own API that nobody thought of: no 5xx, no hang, every refusal in Gemini's shape, and no key suffers.</summary>
public sealed class NativeFuzzTests
{
    [Fact]
    public Task FiveThousandRequests_HarmNobody() => RunAsync(5_000, 1);

    [Fact]
    [Trait("Suite", "Full")]
    public Task AHundredThousandRequests_HarmNobody() => RunAsync(100_000, 2_000_000);

    private static async Task RunAsync(int count, int standardSeed)
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:LedgerCapacity=1000000", "--Simulator:LatencyMs=0", "--Simulator:EventGapMs=0");
        var key = await simulator.Control.HealthyKeyAsync();
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [key.Value]);

        var good = await FuzzRun.AskAsync(gateway, count, standardSeed, NativeGenerator.Request, Judge);

        await simulator.Control.SettledAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(good, count / 10, count);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Single(gateway.Pool.EligibleFor("gemini-2.5-flash")!.Keys);
    }

    private static string? Judge(FuzzRequest request, HttpResponseMessage response, byte[] answer)
    {
        var text = Encoding.UTF8.GetString(answer);
        if (response.IsSuccessStatusCode)
        {
            return text.Contains("\"error\"", StringComparison.Ordinal) && !request.Path.Contains("streamGenerateContent", StringComparison.Ordinal) ? "an error under a 200: " + text : null;
        }

        var error = JsonNode.Parse(text) is JsonArray list ? list[0]?["error"] : JsonNode.Parse(text)?["error"];
        return (int)response.StatusCode >= 500 || (int?)error?["code"] != (int)response.StatusCode || error["message"] is not JsonValue || error["status"] is not JsonValue
            ? $"{(int)response.StatusCode} {text}"
            : null;
    }
}
