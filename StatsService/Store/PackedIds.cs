using System.Buffers.Text;
using System.Diagnostics;
using System.Text.Json;

namespace GeminiBalance.StatsService.Store;

/// <summary>Ids in base64url (RFC 4648, section 5, without padding): two thirds of their usual length.</summary>
internal static class PackedIds
{
    private const int GuidBytes = 16;

    private const int TraceBytes = 16 + 8 + 1;

    /// <summary>Stands before a trace parent that is written as it is; no letter of base64url.</summary>
    private const char Verbatim = '=';

    /// <summary>Writes an id.</summary>
    public static void Write(Utf8JsonWriter writer, Guid id)
    {
        Span<byte> bytes = stackalloc byte[GuidBytes];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> text = stackalloc byte[Base64Url.GetEncodedLength(GuidBytes)];
        Base64Url.EncodeToUtf8(bytes, text);
        writer.WriteStringValue(text);
    }

    /// <summary>Reads the id the reader stands at.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public static Guid ReadGuid(ref readonly Utf8JsonReader reader)
    {
        Span<byte> bytes = stackalloc byte[GuidBytes];
        return reader.TokenType == JsonTokenType.String && Base64Url.TryDecodeFromUtf8(reader.ValueSpan, bytes, out var written) && written == GuidBytes
            ? new Guid(bytes, bigEndian: true)
            : throw new JsonException("A packed fact has no id where one belongs.");
    }

    /// <summary>A W3C trace parent of version 00 in base64url; any other text as it is, marked.</summary>
    public static string PackTrace(string traceParent)
    {
        if (traceParent is ['0', '0', '-', ..] && ActivityContext.TryParse(traceParent, null, out var context) && Unpacked(context) == traceParent)
        {
            Span<byte> bytes = stackalloc byte[TraceBytes];
            context.TraceId.CopyTo(bytes[..16]);
            context.SpanId.CopyTo(bytes[16..24]);
            bytes[^1] = (byte)context.TraceFlags;
            return Base64Url.EncodeToString(bytes);
        }

        return Verbatim + traceParent;
    }

    /// <summary>The trace parent that <see cref="PackTrace"/> packed.</summary>
    /// <exception cref="JsonException">It did not make this text.</exception>
    public static string UnpackTrace(string packed)
    {
        if (packed is [Verbatim, ..])
        {
            return packed[1..];
        }

        Span<byte> bytes = stackalloc byte[TraceBytes];
        return Base64Url.TryDecodeFromChars(packed, bytes, out var written) && written == TraceBytes
            ? Unpacked(new ActivityContext(ActivityTraceId.CreateFromBytes(bytes[..16]), ActivitySpanId.CreateFromBytes(bytes[16..24]), (ActivityTraceFlags)bytes[^1]))
            : throw new JsonException("A packed fact has no trace parent where one belongs.");
    }

    private static string Unpacked(ActivityContext context) => $"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{(byte)context.TraceFlags:x2}";
}
