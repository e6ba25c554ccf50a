using System.Buffers;
using System.Buffers.Text;
using System.Text;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>The content of a <c>data:</c> address (RFC 2397), or of a bare base64 text.</summary>
/// <param name="MimeType">The type as given, lower case; empty when none was given.</param>
/// <param name="Data">The base64 text in the body, when it can be copied as it stands.</param>
/// <param name="OwnData">The base64 text, when it had to be rewritten.</param>
internal readonly record struct DataUri(string MimeType, JsonSlice Data, byte[]? OwnData)
{
    private const int LongestType = 200;

    private static readonly SearchValues<byte> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    /// <summary>Whether a raw JSON string holds a <c>data:</c> address.</summary>
    /// <param name="inner">The bytes between its quotes.</param>
    public static bool IsOne(ReadOnlySpan<byte> inner) => inner.Length >= 5 && Ascii.EqualsIgnoreCase(inner[..5], "data:"u8);

    /// <summary>Takes a <c>data:</c> address apart.</summary>
    /// <param name="text">The raw JSON string.</param>
    /// <param name="body">The body it stands in.</param>
    /// <returns>Null when it is malformed or empty.</returns>
    public static DataUri? Parse(JsonSlice text, ReadOnlySpan<byte> body)
    {
        var raw = text.InnerIn(body);
        byte[]? decoded = null;
        if (raw.Contains((byte)'\\') && HeadIsEscaped(raw))
        {
            decoded = JsonText.Unescape(raw);
            raw = decoded;
        }

        var comma = raw.IndexOf((byte)',');
        if (comma < 5 || comma > LongestType)
        {
            return null;
        }

        var head = Encoding.ASCII.GetString(raw[5..comma]);
        var isBase64 = head.EndsWith(";base64", StringComparison.OrdinalIgnoreCase);
        var type = head.Split(';')[0].Trim().ToLowerInvariant();
        var content = raw[(comma + 1)..];
        if (!isBase64)
        {
            var unescaped = decoded is null && content.Contains((byte)'\\') ? JsonText.Unescape(content) : content.ToArray();
            var bytes = PercentDecoded(unescaped);
            return bytes.Length == 0 ? null : new DataUri(type.Length == 0 ? "text/plain" : type, default, Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes)));
        }

        return decoded is null
            ? FromBase64(type, new JsonSlice(text.Start + 1 + comma + 1, content.Length), body)
            : Own(type, content);
    }

    /// <summary>Checks a bare base64 text.</summary>
    /// <param name="text">The raw JSON string.</param>
    /// <param name="body">The body it stands in.</param>
    /// <param name="type">Its media type.</param>
    public static DataUri? OfBase64(JsonSlice text, ReadOnlySpan<byte> body, string type) => FromBase64(type, new JsonSlice(text.Start + 1, text.Length - 2), body);

    /// <summary>The base64 text.</summary>
    public ReadOnlySpan<byte> Base64In(ReadOnlySpan<byte> body) => OwnData is null ? Data.In(body) : OwnData;

    private static DataUri? FromBase64(string type, JsonSlice slice, ReadOnlySpan<byte> body)
    {
        var content = slice.In(body);
        return !content.ContainsAnyExcept(Plain)
            ? content.Length > 0 && content.Length % 4 == 0 && Base64.IsValid(content) ? new DataUri(type, slice, null) : Own(type, content)
            : Own(type, content.Contains((byte)'\\') ? JsonText.Unescape(content) : content);
    }

    /// <summary>Brings base64 with line ends, of the address-safe alphabet or without padding into the plain form.</summary>
    private static DataUri? Own(string type, ReadOnlySpan<byte> content)
    {
        var buffer = new byte[content.Length + 3];
        var length = 0;
        foreach (var b in content.Contains((byte)'%') ? PercentDecoded(content) : content)
        {
            if (b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            {
                continue;
            }

            buffer[length++] = b switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', _ => b };
        }

        while (length % 4 is 2 or 3)
        {
            buffer[length++] = (byte)'=';
        }

        var result = buffer.AsSpan(0, length);
        return length > 0 && length % 4 == 0 && !result.ContainsAnyExcept(Plain) && Base64.IsValid(result) ? new DataUri(type, default, result.ToArray()) : null;
    }

    /// <summary>Whether an escape stands before the comma, as in <c>data:image\/png</c>.</summary>
    private static bool HeadIsEscaped(ReadOnlySpan<byte> raw)
    {
        var head = raw[..Math.Min(raw.Length, LongestType + 50)];
        var comma = head.IndexOf((byte)',');
        return (comma < 0 ? head : head[..comma]).Contains((byte)'\\');
    }

    private static byte[] PercentDecoded(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && Utf8Parser.TryParse(text.Slice(i + 1, 2), out byte value, out var used, 'x') && used == 2)
            {
                result[length++] = value;
                i += 2;
                continue;
            }

            result[length++] = text[i];
        }

        return result[..length];
    }
}
