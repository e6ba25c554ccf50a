using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes the body of <c>batchEmbedContents</c>. Every text is a content of its own: of several parts in one content newer models make a single vector.</summary>
internal static class BatchEmbedWriter
{
    /// <summary>The most texts of one batch.</summary>
    public const int MaximumBatch = 100;

    /// <summary>Writes a batch.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">The bytes it was read from.</param>
    /// <param name="model">A checked model name.</param>
    /// <param name="first">Index of the batch's first text.</param>
    /// <param name="target">Gets the body.</param>
    /// <returns>How many texts it holds.</returns>
    public static int Write(EmbeddingRequest request, ReadOnlySpan<byte> body, string model, int first, PooledBuffer target)
    {
        var count = Math.Min(MaximumBatch, request.Inputs.Count - first);
        var name = JsonText.Quote("models/" + model);
        target.Append("{\"requests\":["u8);
        for (var i = 0; i < count; i++)
        {
            target.Append(i == 0 ? "{\"model\":"u8 : ",{\"model\":"u8);
            target.Append(name);
            target.Append(",\"content\":{\"parts\":[{\"text\":"u8);
            target.Append(request.Inputs[first + i].In(body));
            target.Append("}]}"u8);
            WriteOptions(request, body, target);
            target.Append("}"u8);
        }

        target.Append("]}"u8);
        return count;
    }

    private static void WriteOptions(EmbeddingRequest request, ReadOnlySpan<byte> body, PooledBuffer target)
    {
        if (request.TaskType is { } task)
        {
            target.Append(",\"taskType\":"u8);
            target.Append(JsonText.Quote(task));
        }

        if (!request.Title.IsNone)
        {
            target.Append(",\"title\":"u8);
            target.Append(request.Title.In(body));
        }

        if (request.Dimensions is { } dimensions)
        {
            target.Append(",\"outputDimensionality\":"u8);
            target.AppendNumber(dimensions);
        }
    }
}
