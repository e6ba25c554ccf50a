using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text.Json.Nodes;
using GeminiBalance.GeminiSimulator.Catalogue;

namespace GeminiBalance.GeminiSimulator.Answers;

/// <summary>Pictures and speech.</summary>
public static class MediaParts
{
    private const int ImageTokens = 1290;
    private const int AudioTokensPerSecond = 25;
    private const int SampleRate = 24_000;
    private const int Side = 16;

    /// <summary>The media a model answers with; null for one that answers in text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="config">The request's <c>generationConfig</c>, or null.</param>
    /// <param name="asked">What was asked, or what is to be spoken.</param>
    /// <param name="digest">Decides the colour.</param>
    public static (IReadOnlyList<JsonObject> Parts, TokenCount Tokens)? For(ModelProfile model, JsonObject? config, string asked, byte[] digest)
    {
        if (model.Modalities.Contains("AUDIO"))
        {
            var tokens = Math.Max(1, Tokenizer.Count(asked));
            return ([Blob($"audio/L16;codec=pcm;rate={SampleRate}", Tone(tokens))], new TokenCount(0, Audio: tokens));
        }

        var wanted = config?["responseModalities"] as JsonArray;
        if (!model.Modalities.Contains("IMAGE") || (wanted is not null && !wanted.Any(modality => modality!.GetValue<string>() == "IMAGE")))
        {
            return null;
        }

        const string caption = "Here is the picture.";
        return ([new JsonObject { ["text"] = caption }, Blob("image/png", Picture(digest))], new TokenCount(Tokenizer.Count(caption), ImageTokens));
    }

    private static JsonObject Blob(string mimeType, byte[] data) => new() { ["inlineData"] = new JsonObject { ["mimeType"] = mimeType, ["data"] = Convert.ToBase64String(data) } };

    private static byte[] Tone(int tokens)
    {
        var samples = new byte[2 * SampleRate / AudioTokensPerSecond * tokens];
        for (var i = 0; i < samples.Length; i += 2)
        {
            BinaryPrimitives.WriteInt16LittleEndian(samples.AsSpan(i), (short)(8000 * Math.Sin(2 * Math.PI * 440 * (i / 2.0) / SampleRate)));
        }

        return samples;
    }

    /// <summary>A PNG of one colour.</summary>
    private static byte[] Picture(byte[] digest)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), Side);
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zip = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var row = 0; row < Side; row++)
            {
                zip.WriteByte(0);
                for (var column = 0; column < Side; column++)
                {
                    zip.Write(digest.AsSpan(0, 3));
                }
            }
        }

        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] body = [.. type, .. data];
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(body));
        file.Write(number);
    }
}
