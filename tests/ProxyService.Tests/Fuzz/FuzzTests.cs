using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Fuzz;

/// <summary>
/// Requests nobody thought of, against the gateway and a simulator that is as strict as Google: no 5xx, no hang, nothing goes upstream that has the wrong shape,
/// and no key suffers. A failure names the seed of its request; <c>FUZZ_SEED</c> begins elsewhere.
/// </summary>
public sealed class FuzzTests
{
    private const int Parallel = 8;
    private const int MostFaults = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public Task FiveThousandRequests_HarmNobody() => RunAsync(5_000, 1);

    [Fact]
    [Trait("Suite", "Full")]
    public Task AHundredThousandRequests_HarmNobody() => RunAsync(100_000, 1_000_000);

    private static async Task RunAsync(int count, int standardSeed)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), CultureInfo.InvariantCulture, out var wanted) ? wanted : standardSeed;
        TestContext.Current.TestOutputHelper?.WriteLine("Seeds {0} to {1}", seed, seed + count - 1);
        await using var simulator = await GeminiSimulatorHost.StartAsync("--Simulator:LedgerCapacity=1000000");
        var key = await simulator.Control.HealthyKeyAsync();
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [key.Value], ("Forwarding:CommitAfterSeconds", "60"));
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Parallel * 2 }) { BaseAddress = gateway.Address, Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", gateway.AccessKey);
        var faults = new ConcurrentQueue<string>();
        var good = 0;

        await System.Threading.Tasks.Parallel.ForEachAsync(Enumerable.Range(seed, count), new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = TestContext.Current.CancellationToken }, async (number, cancellation) =>
        {
            if (faults.Count >= MostFaults)
            {
                return;
            }

            var (path, body) = Request(number);
            try
            {
                using var content = new ByteArrayContent(body);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                content.Headers.TryAddWithoutValidation("x-fuzz", number.ToString(CultureInfo.InvariantCulture));
                using var response = await client.PostAsync(path, content, cancellation);
                var text = await response.Content.ReadAsStringAsync(cancellation);
                Interlocked.Add(ref good, response.IsSuccessStatusCode ? 1 : 0);
                if ((int)response.StatusCode >= 500 || (!response.IsSuccessStatusCode && JsonNode.Parse(text)?["error"]?["message"] is null))
                {
                    faults.Enqueue(Describe(number, path, body, $"{(int)response.StatusCode} {text}"));
                }
                else if (response.StatusCode == System.Net.HttpStatusCode.BadRequest && response.Headers.Contains("x-gb-attempts") && !IsAboutAFeature(text))
                {
                    faults.Enqueue(Describe(number, path, body, "went upstream and was refused: " + text));
                }
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
            {
                faults.Enqueue(Describe(number, path, body, e.Message));
            }
        });

        Assert.True(faults.IsEmpty, string.Join("\n\n", faults.Take(3)));
        var summary = await simulator.Control.SettledAsync(TimeSpan.FromSeconds(30));
        Assert.Empty((await simulator.Control.LedgerAsync()).Where(call => call.Status == 400 && !IsAboutAFeature(call.Error)).Select(call => call.Error).Distinct());
        Assert.InRange(good, count / 10, count);
        Assert.True(summary.Calls >= good);
        Assert.Empty(gateway.Ledger.Failures);
        Assert.Single(gateway.Pool.EligibleFor("gemini-2.5-flash")!.Keys);
        Assert.Equal(count, gateway.Ledger.Facts.Count);
    }

    /// <summary>Which models give log probabilities is known to nobody before they are asked; asked they are once a day.</summary>
    private static bool IsAboutAFeature(string? message) => message?.Contains("Logprobs is not enabled for", StringComparison.Ordinal) == true;

    private static (string Path, byte[] Body) Request(int number)
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
        return (embeds ? "/v1/embeddings" : "/v1/chat/completions", kind < 8 ? body : Mutation.Bytes(body, chance));
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

    private static string Describe(int number, string path, byte[] body, string what)
    {
        var shown = Encoding.UTF8.GetString(body);
        return $"Seed {number}, POST {path}: {what[..Math.Min(600, what.Length)]}\n{shown[..Math.Min(2_000, shown.Length)]}";
    }
}
