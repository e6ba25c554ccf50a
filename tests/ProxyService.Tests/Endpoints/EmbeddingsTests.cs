using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using GeminiBalance.Contracts;
using GeminiBalance.TestKit;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

public sealed class EmbeddingsTests
{
    private const string First = "AQ.upstream-key-number-one-0000";
    private const string Second = "AQ.upstream-key-number-two-0000";

    [Theory]
    [InlineData("/v1/embeddings")]
    [InlineData("/embeddings")]
    [InlineData("/v1/v1/embeddings")]
    [InlineData("/v1beta/openai/embeddings")]
    public async Task G68_Texts_GetAVectorEach(string path)
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [(await simulator.Control.HealthyKeyAsync()).Value]);

        var (status, json) = await PostAsync(gateway, """{"model":"models/gemini-embedding-2","input":["a","b","c"]}""", path);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["list", "models/gemini-embedding-2"], new[] { (string?)json["object"], (string?)json["model"] });
        Assert.Equal([0, 1, 2], json["data"]!.AsArray().Select(entry => (int)entry!["index"]!));
        Assert.Equal(3, json["data"]!.AsArray().Select(entry => entry!["embedding"]!.ToJsonString()).Distinct().Count());
        Assert.Equal(3072, json["data"]![0]!["embedding"]!.AsArray().Count);
        Assert.Equal((int)json["usage"]!["prompt_tokens"]!, (int)json["usage"]!["total_tokens"]!);
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOperation.Embedding, RequestOutcome.Succeeded, "gemini-embedding-2", 1), (fact.Operation, fact.Outcome, fact.ModelAsked, fact.Attempts.Count));
        Assert.Equal((long)json["usage"]!["prompt_tokens"]!, fact.Tokens?.Prompt);
    }

    [Fact]
    public async Task Texts_BeyondABatch_AreAskedForInOrder()
    {
        await using var simulator = await GeminiSimulatorHost.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(simulator.Address, [(await simulator.Control.HealthyKeyAsync()).Value]);
        var texts = Enumerable.Range(0, 230).Select(i => $"text {i % 115}").ToArray();

        var (status, json) = await PostAsync(gateway, $$"""{"model":"gemini-embedding-001","dimensions":8,"encoding_format":"base64","input":["{{string.Join("\",\"", texts)}}"]}""");

        Assert.Equal(HttpStatusCode.OK, status);
        var vectors = json["data"]!.AsArray().Select(entry => (string)entry!["embedding"]!).ToArray();
        Assert.Equal(Enumerable.Range(0, 230), json["data"]!.AsArray().Select(entry => (int)entry!["index"]!));
        Assert.Equal(vectors[..115], vectors[115..]);
        Assert.Equal(115, vectors.Distinct().Count());
        Assert.Equal(3, Assert.Single(gateway.Ledger.Facts).Attempts.Count);
        Assert.Equal(3, (await simulator.Control.SettledAsync(TimeSpan.FromSeconds(60))).Calls);
    }

    [Fact]
    public async Task Batch_ThatFails_IsAskedForAgainAndNothingElse()
    {
        var calls = 0;
        await using var upstream = await StubUpstream.StartAsync((context, seen) => Interlocked.Increment(ref calls) switch
        {
            2 => StubUpstream.JsonAsync(context, 429, """{"error":{"code":429,"message":"Resource has been exhausted (e.g. check quota).","status":"RESOURCE_EXHAUSTED"}}"""),
            3 => StubUpstream.JsonAsync(context, 200, """{"embeddings":[{"values":[1]}]}"""),
            _ => StubUpstream.JsonAsync(context, 200, $$"""{"embeddings":[{{string.Join(',', JsonNode.Parse(seen.Body)!["requests"]!.AsArray().Select(request => $$"""{"values":[{{(string?)request!["content"]!["parts"]![0]!["text"]}}]}"""))}}]}"""),
        });
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First, Second], ("Forwarding:MaximumAttempts", "3"));

        var (status, json) = await PostAsync(gateway, $$"""{"model":"gemini-embedding-001","input":[{{string.Join(',', Enumerable.Range(0, 150).Select(i => $"\"{i}\""))}}]}""");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(Enumerable.Range(0, 150), json["data"]!.AsArray().Select(entry => (int)entry!["embedding"]![0]!));
        Assert.Equal([100, 50, 50, 50], upstream.Seen.Select(seen => JsonNode.Parse(seen.Body)!["requests"]!.AsArray().Count));
        Assert.Equal(4, Assert.Single(gateway.Ledger.Facts).Attempts.Count);
    }

    [Fact]
    public async Task Usage_ThatIsNotReported_IsEstimatedAndSaidSo()
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, """{"embeddings":[{"values":[1,2]}]}"""));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [First]);

        using var response = await gateway.Client.PostAsync("/v1/embeddings", JsonContent.Create(JsonNode.Parse("""{"model":"gemini-embedding-001","input":"sixteen letters."}""")), TestContext.Current.CancellationToken);
        var json = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;

        Assert.Equal(4, (int)json["usage"]!["prompt_tokens"]!);
        Assert.Contains("estimated", string.Join(' ', response.Headers.GetValues("x-gb-warnings")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"gemini-2.5-flash","input":"a"}""", "model_not_supported", 400)]
    [InlineData("""{"model":"a/../embed","input":"a"}""", "model_not_found", 400)]
    [InlineData("""{"model":"gemini-embedding-001","input":[[1]]}""", "invalid_type", 400)]
    public async Task BadRequest_NeverReachesTheUpstream(string body, string code, int expected)
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [First]);

        var (status, json) = await PostAsync(gateway, body);

        Assert.Equal((expected, code), ((int)status, (string?)json["error"]!["code"]));
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((RequestOutcome.ClientError, 0), (fact.Outcome, fact.Attempts.Count));
    }

    [Fact]
    public async Task Body_BeyondEightMebibytes_IsTooLarge()
    {
        await using var gateway = await GatewayHost.StartAsync(new Uri("http://127.0.0.1:1"), [First]);

        var (status, json) = await PostAsync(gateway, $$"""{"model":"gemini-embedding-001","input":"{{new string('a', 9 * 1024 * 1024)}}"}""");

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "request_too_large"), (status, (string?)json["error"]!["code"]));
    }

    private static async Task<(HttpStatusCode Status, JsonNode Json)> PostAsync(GatewayHost gateway, string body, string path = "/v1/embeddings")
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await gateway.Client.PostAsync(path, content, TestContext.Current.CancellationToken);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!);
    }
}
