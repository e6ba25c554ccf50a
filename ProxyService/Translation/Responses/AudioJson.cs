using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Writes speech. Gemini speaks raw samples of 16 bits; a client that asked for <c>wav</c> gets the head that names them.</summary>
internal static class AudioJson
{
    private const int StandardRate = 24_000;
    private const int HeadBytes = 44;
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    /// <summary>Appends <c>{"id":…,"data":…,"expires_at":…,"transcript":""}</c>.</summary>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="parts">The parts of the answer.</param>
    /// <param name="json">The bytes they were read from.</param>
    /// <param name="wav">Whether the client asked for <c>wav</c>.</param>
    /// <param name="created">Unix seconds of the answer.</param>
    public static void Append(PooledBuffer target, ReadOnlySpan<GeminiPart> parts, ReadOnlySpan<byte> json, bool wav, long created)
    {
        target.Append("{\"id\":\"audio_"u8);
        target.Append(Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(24, lowercase: true)));
        target.Append("\",\"data\":\""u8);
        var first = true;
        var rate = StandardRate;
        using var samples = new PooledBuffer();
        foreach (var part in parts)
        {
            if (part.Kind != GeminiPartKind.Media || PartJson.IsImage(part, json) || JsonText.HasLoneSurrogate(part.Value.InnerIn(json)))
            {
                continue;
            }

            if (first)
            {
                rate = RateOf(part.Name.InnerIn(json));
                first = false;
            }

            var base64 = JsonText.Unescape(part.Value.InnerIn(json));
            var room = samples.GetSpan(base64.Length);
            Base64.DecodeFromUtf8(base64, room, out _, out var written);
            samples.Advance(written);
        }

        AppendBase64(target, wav ? [.. Head(samples.Length, rate), .. samples.WrittenSpan] : samples.WrittenSpan);
        target.Append("\",\"expires_at\":"u8);
        target.AppendNumber(created + (long)Kept.TotalSeconds);
        target.Append(",\"transcript\":\"\"}"u8);
    }

    private static void AppendBase64(PooledBuffer target, ReadOnlySpan<byte> bytes)
    {
        Base64.EncodeToUtf8(bytes, target.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length)), out _, out var written);
        target.Advance(written);
    }

    /// <summary>The rate in a type such as <c>audio/L16;codec=pcm;rate=24000</c>.</summary>
    private static int RateOf(ReadOnlySpan<byte> type)
    {
        var at = type.IndexOf("rate="u8);
        return at >= 0 && Utf8Parser.TryParse(type[(at + 5)..], out int rate, out _) && rate is > 0 and <= 192_000 ? rate : StandardRate;
    }

    /// <summary>The head of a WAVE file with one channel of 16 bits.</summary>
    private static byte[] Head(int length, int rate)
    {
        var head = new byte[HeadBytes];
        "RIFF"u8.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), length + HeadBytes - 8);
        "WAVEfmt "u8.CopyTo(head.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(20), 1);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(28), rate * 2);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(32), 2);
        BinaryPrimitives.WriteInt16LittleEndian(head.AsSpan(34), 16);
        "data"u8.CopyTo(head.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(40), length);
        return head;
    }
}
