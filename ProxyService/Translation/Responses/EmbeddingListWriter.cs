using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Writes the answer of <c>POST /v1/embeddings</c>, batch by batch.</summary>
internal static class EmbeddingListWriter
{
    /// <summary>Begins the list.</summary>
    public static void Begin(PooledBuffer target) => target.Append("{\"object\":\"list\",\"data\":["u8);

    /// <summary>Writes a batch's vectors.</summary>
    /// <param name="request">The request: tells the form.</param>
    /// <param name="reply">The batch's answer.</param>
    /// <param name="json">The bytes it was read from.</param>
    /// <param name="first">Index of the batch's first vector.</param>
    /// <param name="target">Gets the vectors.</param>
    /// <returns>False when a vector holds what is no finite number; the target is then as before.</returns>
    public static bool TryAdd(EmbeddingRequest request, EmbeddingReply reply, ReadOnlySpan<byte> json, int first, PooledBuffer target)
    {
        var before = target.Length;
        var values = ArrayPool<float>.Shared.Rent(4096);
        try
        {
            for (var i = 0; i < reply.Vectors.Count; i++)
            {
                var raw = reply.Vectors[i].In(json);
                if (!TryParse(raw, ref values, out var count))
                {
                    target.Truncate(before);
                    return false;
                }

                target.Append(first + i == 0 ? "{\"object\":\"embedding\",\"index\":"u8 : ",{\"object\":\"embedding\",\"index\":"u8);
                target.AppendNumber(first + i);
                target.Append(",\"embedding\":"u8);

                // Only a whole vector of the older models has length 1; a shortened one must be brought to it, or distances mean nothing.
                var vector = values.AsSpan(0, count);
                var normalised = request.Dimensions is not null && Normalise(vector);
                if (request.Base64)
                {
                    WriteBase64(vector, target);
                }
                else if (normalised)
                {
                    WriteNumbers(vector, target);
                }
                else
                {
                    target.Append(raw);
                }

                target.Append("}"u8);
            }

            return true;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    /// <summary>Ends the list.</summary>
    /// <param name="model">The model as the client named it, as a JSON string.</param>
    /// <param name="tokens">Tokens of all texts.</param>
    /// <param name="target">Gets the end.</param>
    public static void End(ReadOnlySpan<byte> model, long tokens, PooledBuffer target)
    {
        target.Append("],\"model\":"u8);
        target.Append(model);
        target.Append(",\"usage\":{\"prompt_tokens\":"u8);
        target.AppendNumber(tokens);
        target.Append(",\"total_tokens\":"u8);
        target.AppendNumber(tokens);
        target.Append("}}"u8);
    }

    private static bool TryParse(ReadOnlySpan<byte> raw, ref float[] values, out int count)
    {
        count = 0;
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetSingle(out var value) || !float.IsFinite(value))
            {
                return false;
            }

            if (count == values.Length)
            {
                var larger = ArrayPool<float>.Shared.Rent(values.Length * 2);
                values.CopyTo(larger, 0);
                ArrayPool<float>.Shared.Return(values);
                values = larger;
            }

            values[count++] = value;
        }

        return count > 0;
    }

    private static bool Normalise(Span<float> vector)
    {
        var sum = 0d;
        foreach (var value in vector)
        {
            sum += (double)value * value;
        }

        if (sum == 0)
        {
            return false;
        }

        var norm = Math.Sqrt(sum);
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] = (float)(vector[i] / norm);
        }

        return true;
    }

    private static void WriteBase64(ReadOnlySpan<float> vector, PooledBuffer target)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(vector.Length * sizeof(float));
        for (var i = 0; i < vector.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), vector[i]);
        }

        target.Append("\""u8);
        var size = vector.Length * sizeof(float);
        Base64.EncodeToUtf8(bytes.AsSpan(0, size), target.GetSpan(Base64.GetMaxEncodedToUtf8Length(size)), out _, out var written);
        target.Advance(written);
        target.Append("\""u8);
        ArrayPool<byte>.Shared.Return(bytes);
    }

    private static void WriteNumbers(ReadOnlySpan<float> vector, PooledBuffer target)
    {
        for (var i = 0; i < vector.Length; i++)
        {
            target.Append(i == 0 ? "["u8 : ","u8);
            vector[i].TryFormat(target.GetSpan(32), out var written, default, CultureInfo.InvariantCulture);
            target.Advance(written);
        }

        target.Append("]"u8);
    }
}
