using System.Net;
using System.Text.Json.Nodes;
using Xunit;

namespace GeminiBalance.GeminiSimulator.Tests.Endpoints;

public sealed class EmbeddingTests(SharedSimulator shared) : SimulatorTest(shared)
{
    [Fact]
    public async Task Embed_Text_IsAUnitVectorDecidedByModelAndText()
    {
        var first = await EmbedAsync("gemini-embedding-2", "hello");
        var again = await EmbedAsync("gemini-embedding-2", "hello");
        var other = await EmbedAsync("gemini-embedding-001", "hello");

        Assert.Equal(3072, first.Length);
        Assert.Equal(1, Norm(first), 4);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public async Task Embed_Shortened_OnlyTheOlderModelIsNotNormal()
    {
        var older = await EmbedAsync("gemini-embedding-001", "hello", ""","outputDimensionality":256""");
        var newer = await EmbedAsync("gemini-embedding-2", "hello", ""","outputDimensionality":256""");

        Assert.Equal((256, 256), (older.Length, newer.Length));
        Assert.True(Norm(older) < 0.5);
        Assert.Equal(1, Norm(newer), 4);
    }

    [Fact]
    public async Task BatchEmbed_ThreeTexts_GivesThreeVectorsInOrderAndUsage()
    {
        var requests = string.Join(',', new[] { "a", "b", "c" }.Select(text => $$$"""{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"{{{text}}}"}]}}"""));
        var reply = await PostAsync("/v1beta/models/gemini-embedding-2:batchEmbedContents", $$"""{"requests":[{{requests}}]}""");

        var vectors = reply.Json["embeddings"]!.AsArray().Select(Values).ToList();
        Assert.Equal(3, vectors.Count);
        Assert.Equal(await EmbedAsync("gemini-embedding-2", "b"), vectors[1]);
        Assert.Equal(3, (int)reply.Usage["promptTokenCount"]!);
    }

    [Theory]
    [InlineData("""{"requests":[]}""")]
    [InlineData("""{"requests":[{"model":"models/other","content":{"parts":[{"text":"a"}]}}]}""")]
    [InlineData("""{"requests":[{"content":{"parts":[{"text":"a"}]}}]}""")]
    [InlineData("""{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[]}}]}""")]
    [InlineData("""{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"a"}]},"outputDimensionality":4000}]}""")]
    [InlineData("""{"requests":[{"model":"models/gemini-embedding-2","content":{"parts":[{"text":"a"}]},"encoding":"base64"}]}""")]
    public async Task BatchEmbed_BadRequest_Answers400(string body)
    {
        var reply = await PostAsync("/v1beta/models/gemini-embedding-2:batchEmbedContents", body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
    }

    [Fact]
    public async Task Embed_ChatModel_Answers404()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync("/v1beta/models/gemini-2.5-flash:embedContent", "{}")).Status);
    }

    private async Task<float[]> EmbedAsync(string model, string text, string extra = "")
    {
        var reply = await PostAsync($"/v1beta/models/{model}:embedContent", $$"""{"content":{"parts":[{"text":"{{text}}"}]}{{extra}}}""");
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        return Values(reply.Json["embedding"]);
    }

    private static float[] Values(JsonNode? embedding) => [.. embedding!["values"]!.AsArray().Select(value => (float)value!)];

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));
}
