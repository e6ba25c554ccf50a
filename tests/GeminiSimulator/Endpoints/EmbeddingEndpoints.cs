using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Answers;
using GeminiBalance.GeminiSimulator.Catalogue;
using GeminiBalance.GeminiSimulator.Wire;

namespace GeminiBalance.GeminiSimulator.Endpoints;

/// <summary><c>embedContent</c> and <c>batchEmbedContents</c>: vectors decided by the model and the text.</summary>
internal static class EmbeddingEndpoints
{
    private const int FullDimensions = 3072;
    private const int MaximumBatch = 100;

    public static async Task EmbedAsync(OpenCall call, string message, CallDesk desk)
    {
        if (ModelCatalogue.Find(call.Model) is not { Embeds: true } model)
        {
            await CallDesk.FailAsync(call, GoogleError.ModelNotFound(call.Model, call.Method)).ConfigureAwait(false);
            return;
        }

        var (body, error) = await desk.ReadAsync(call, message).ConfigureAwait(false);
        var batch = message == "BatchEmbedContentsRequest";
        var requests = batch ? (body?["requests"] as JsonArray ?? []).Select(node => (JsonObject)node!).ToList() : [body!];
        var tokens = default(TokenCount);
        if (error is null)
        {
            error = requests.Count is 0 or > MaximumBatch
                ? GoogleError.InvalidArgument($"* BatchEmbedContentsRequest.requests: at least one and at most {MaximumBatch} requests can be in one batch\n", "requests")
                : requests.Select((request, i) => Check(request, model, batch ? $"requests[{i}]." : "", batch)).FirstOrDefault(found => found is not null);
            tokens = error is null ? requests.Aggregate(tokens, (sum, request) => sum + Tokenizer.CountParts((JsonArray)request["content"]!["parts"]!)) : tokens;
            error ??= desk.TakeQuota(call, model.Name, tokens.Total, embeds: true);
        }

        if (error is not null)
        {
            await CallDesk.FailAsync(call, error).ConfigureAwait(false);
            return;
        }

        var answer = new JsonObject
        {
            [batch ? "embeddings" : "embedding"] = batch ? new JsonArray([.. requests.Select(request => (JsonNode)Vector(request, model))]) : Vector(requests[0], model),
        };
        if (model.Name != "gemini-embedding-001")
        {
            answer["usageMetadata"] = new JsonObject { ["promptTokenCount"] = tokens.Total, ["promptTokenDetails"] = tokens.ToDetails() };
        }

        await Delivery.WholeAsync(call, answer, desk).ConfigureAwait(false);
    }

    private static GoogleError? Check(JsonObject request, ModelProfile model, string at, bool inBatch)
    {
        if (inBatch && request["model"]?.GetValue<string>() != "models/" + model.Name)
        {
            return GoogleError.InvalidArgument($"* BatchEmbedContentsRequest.{at}model: the model of every request must match the model of the batch\n", at + "model");
        }

        if (request["content"]?["parts"] is not JsonArray { Count: > 0 } parts || parts.Any(part => part!["text"]?.GetValue<string>() is "" || (part["text"] is null && part["inlineData"] is null)))
        {
            return GoogleError.InvalidArgument($"* EmbedContentRequest.{at}content: content is empty\n", at + "content");
        }

        return (int?)request["outputDimensionality"] is < 1 or > FullDimensions
            ? GoogleError.InvalidArgument($"* EmbedContentRequest.{at}output_dimensionality: must be in the range [1, {FullDimensions}]\n", at + "output_dimensionality")
            : null;
    }

    /// <summary>A unit vector, or the start of it; only the older model leaves a shortened one as it is.</summary>
    private static JsonObject Vector(JsonObject request, ModelProfile model)
    {
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(model.Name + request["content"]!["parts"]!.ToJsonString()));
        var random = new Random(BitConverter.ToInt32(seed));
        var full = new double[FullDimensions];
        for (var i = 0; i < full.Length; i++)
        {
            full[i] = random.NextDouble() * 2 - 1;
        }

        var length = (int?)request["outputDimensionality"] ?? FullDimensions;
        var norm = Norm(model.Name == "gemini-embedding-001" ? full : full.AsSpan(0, length));
        var values = new JsonArray();
        for (var i = 0; i < length; i++)
        {
            values.Add((JsonNode)(float)(full[i] / norm));
        }

        return new JsonObject { ["values"] = values };
    }

    private static double Norm(ReadOnlySpan<double> values)
    {
        var sum = 0d;
        foreach (var value in values)
        {
            sum += value * value;
        }

        return Math.Sqrt(sum);
    }
}
