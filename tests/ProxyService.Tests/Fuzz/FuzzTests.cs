using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>
/// Requests nobody thought of, against the gateway and a simulator that is as strict as Google: no 5xx, no hang, nothing goes upstream that has the wrong shape,
/// and no key suffers.
/// </summary>
public sealed class FuzzTests
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public Task FiveThousandRequests_HarmNobody() => RunAsync(5_000, 1);

    [Fact]
    [Trait("Suite", "Full")]
    public Task AHundredThousandRequests_HarmNobody() => RunAsync(100_000, 1_000_000);

    private static async Task RunAsync(int count, int standardSeed)
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:LedgerCapacity=1000000");
        var key = await simulator.Control.HealthyKeyAsync();
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [key.Value], ("Forwarding:CommitAfterSeconds", "60"));

        var good = await FuzzRun.AskAsync(gateway, count, standardSeed, Request, Judge);

        var summary = await simulator.Control.SettledAsync(TimeSpan.FromSeconds(30));
        Assert.Empty((await simulator.Control.LedgerAsync()).Where(call => call.Status == 400 && !IsAboutAFeature(call.Error)).Select(call => call.Error).Distinct());
        Assert.InRange(good, count / 10, count);
        Assert.True(summary.Calls >= good);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Single(gateway.Pool.EligibleFor("gemini-2.5-flash")!.Keys);
    }

    private static string? Judge(FuzzRequest request, HttpResponseMessage response, byte[] answer)
    {
        if (response.IsSuccessStatusCode)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(answer);
        return (int)response.StatusCode >= 500 || JsonNode.Parse(text)?["error"]?["message"] is null ? $"{(int)response.StatusCode} {text}"
            : response.StatusCode == System.Net.HttpStatusCode.BadRequest && response.Headers.Contains("x-gb-attempts") && !IsAboutAFeature(text) ? "went upstream and was refused: " + text
            : null;
    }

    /// <summary>Which models give log probabilities is known to nobody before they are asked; asked they are once a day.</summary>
    private static bool IsAboutAFeature(string? message) => message?.Contains("Logprobs is not enabled for", StringComparison.Ordinal) == true;

    private static FuzzRequest Request(int number)
    {
        var chance = new Chance(number);
        var embeds = chance.Of(0.1);
        var request = embeds ? Embeddings(chance) : ChatGenerator.Request(chance);
        var kind = chance.Below(10);
        if (kind is >= 4 and < 8)
        {
            Mutation.Values(request, chance);
        }

        var body = Encoding.UTF8.GetBytes(request.ToJsonString(chance.Of(0.5) ? Plain : null));
        return new FuzzRequest(embeds ? "/v1/embeddings" : "/v1/chat/completions", kind < 8 ? body : Mutation.Bytes(body, chance));
    }

    private static JsonObject Embeddings(Chance chance)
    {
        var request = new JsonObject
        {
            ["model"] = chance.One("gemini-embedding-001", "gemini-embedding-2", "models/gemini-embedding-2", "gemini-2.5-flash"),
            ["input"] = chance.Of(0.5) ? chance.Words() : new JsonArray([.. Enumerable.Range(0, 1 + chance.Below(130)).Select(i => (JsonNode)$"text {i}")]),
        };
        if (chance.Of(0.5))
        {
            request["encoding_format"] = chance.One("float", "base64");
        }

        if (chance.Of(0.9))
        {
            request["dimensions"] = 1 + chance.Below(64);
        }

        return request;
    }
}
