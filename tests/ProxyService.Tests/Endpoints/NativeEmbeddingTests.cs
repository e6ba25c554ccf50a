using System.Net;
using System.Text;
using GeminiBalance.Contracts;
using Xunit;

namespace GeminiBalance.ProxyService.Tests.Endpoints;

/// <summary>What embeddings over Gemini's own API are counted as.</summary>
public sealed class NativeEmbeddingTests
{
    private const string Key = "AQ.upstream-key-number-one-0000";
    private const string One = """{"embedding":{"values":[1,2]}}""";
    private const string Several = """{"embeddings":[{"values":[1,2]},{"values":[3,4]}]}""";

    [Theory]
    [InlineData("embedContent", """{"content":{"parts":[{"text":"sixteen letters."}]},"taskType":"RETRIEVAL_QUERY"}""", One, 4, true)]
    [InlineData("embedContent", """{"content":{"parts":[{"te\u0078t":"sixteen letters."}]}}""", One, 4, true)]
    [InlineData("embedContent", """{"content":{"parts":[{"text":"a"}]}}""", One, 1, true)]
    [InlineData("embedContent", """{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}""", One, 1, true)]
    [InlineData("batchEmbedContents", """{"requests":[{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"sixteen letters."}]}},{"model":"models/gemini-embedding-001","content":{"parts":[{"text":"a"},{"text":"eight..."}]}}]}""", Several, 7, true)]
    [InlineData("embedContent", """{"content":{"parts":[{"text":"sixteen letters."}]}}""", """{"embedding":{"values":[1,2]},"usageMetadata":{}}""", 4, true)]
    [InlineData("embedContent", """{"content":{"parts":[{"text":"sixteen letters."}]}}""", """{"embedding":{"values":[1,2]},"usageMetadata":{"promptTokenCount":3}}""", 3, false)]
    public async Task Tokens_AreThoseReported_OrElseEstimatedByTheTexts(string method, string body, string answer, long tokens, bool estimated)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, answer));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);

        using var response = await PostAsync(gateway, method, body);

        Assert.Equal(answer, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var fact = Assert.Single(gateway.Ledger.Facts);
        Assert.Equal((new TokenUsage(tokens, 0, 0, 0, 0, tokens), estimated), (fact.Tokens, fact.Estimated));
    }

    [Theory]
    [InlineData("tokens")]
    [InlineData("cost")]
    public async Task Budgets_OfTheAccessKey_AreUsedUp(string budget)
    {
        await using var upstream = await StubUpstream.StartAsync((context, _) => StubUpstream.JsonAsync(context, 200, One));
        await using var gateway = await GatewayHost.StartAsync(upstream.Address, [Key]);
        gateway.Costs.Use([new ModelPrice("gemini-embedding-001", [new PricePeriod(null, null, new PriceRates(1, 1))], true)]);
        gateway.Limit(budget == "tokens" ? new AccessKeyLimits(TokensPerDay: 5_000) : new AccessKeyLimits(CostPerDay: 0.005m));
        var body = $$$"""{"content":{"parts":[{"text":"{{{new string('a', 4_000)}}}"}]}}""";

        // Each takes 1000 tokens, a thousandth of a dollar.
        List<HttpStatusCode> answers = [];
        for (var i = 0; i < 6; i++)
        {
            using var response = await PostAsync(gateway, "embedContent", body);
            answers.Add(response.StatusCode);
        }

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (answers[2], answers[^1]));
    }

    private static Task<HttpResponseMessage> PostAsync(GatewayHost gateway, string method, string body) =>
        gateway.Client.PostAsync($"/v1beta/models/gemini-embedding-001:{method}", new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);
}
