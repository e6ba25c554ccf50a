using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace GeminiBalance.ProxyService.Json;

/// <summary>Raw JSON strings and the writing of JSON by hand, where a writer per stream chunk would cost more than the chunk.</summary>
internal static class JsonText
{
    /// <summary>What stands in a JSON string as it is: names of models are made of nothing else.</summary>
    private static readonly SearchValues<char> Plain = SearchValues.Create("-._:/ 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Whether an escaped string, or any string of a JSON document, holds half of a surrogate pair: valid JSON, but no Unicode text.</summary>
    /// <param name="escaped">The bytes between the quotes of a valid JSON string, or a whole valid document.</param>
    public static bool HasLoneSurrogate(ReadOnlySpan<byte> escaped)
    {
        var awaitsLow = false;
        while (true)
        {
            var next = escaped.IndexOf((byte)'\\');
            if (awaitsLow && next != 0)
            {
                return true;
            }

            if (next < 0)
            {
                return false;
            }

            if (escaped[next + 1] != 'u')
            {
                if (awaitsLow)
                {
                    return true;
                }

                escaped = escaped[(next + 2)..];
                continue;
            }

            Utf8Parser.TryParse(escaped.Slice(next + 2, 4), out ushort unit, out _, 'x');
            if (awaitsLow != char.IsLowSurrogate((char)unit))
            {
                return true;
            }

            awaitsLow = char.IsHighSurrogate((char)unit);
            escaped = escaped[(next + 6)..];
        }
    }

    /// <summary>A text as a JSON string with quotes; only what JSON demands is escaped.</summary>
    /// <param name="text">Any text.</param>
    public static byte[] Quote(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
        {
            var quoted = new byte[text.Length + 2];
            quoted[0] = quoted[^1] = (byte)'"';
            Encoding.ASCII.GetBytes(text, quoted.AsSpan(1));
            return quoted;
        }

        var encoded = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        return [(byte)'"', .. encoded, (byte)'"'];
    }

    /// <summary>The text an escaped string stands for; null when it holds half of a surrogate pair.</summary>
    /// <param name="escaped">The bytes between the quotes of a valid JSON string.</param>
    public static string? Text(ReadOnlySpan<byte> escaped) => HasLoneSurrogate(escaped) ? null : Encoding.UTF8.GetString(Unescape(escaped));

    /// <summary>The text an escaped string stands for, in UTF-8.</summary>
    /// <param name="escaped">The bytes between the quotes of a valid JSON string without lone surrogates.</param>
    public static byte[] Unescape(ReadOnlySpan<byte> escaped)
    {
        var quoted = new byte[escaped.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        escaped.CopyTo(quoted.AsSpan(1));
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        var text = new byte[escaped.Length];
        return text[..reader.CopyString(text)];
    }

    /// <summary>Appends a JSON value without the white space between its tokens, so that it fits on one line.</summary>
    /// <param name="buffer">Gets the value.</param>
    /// <param name="raw">A valid JSON value.</param>
    public static void AppendCompact(this PooledBuffer buffer, ReadOnlySpan<byte> raw) => AppendTokens(buffer, raw, quoted: false);

    /// <summary>Appends a JSON value as the inside of a JSON string: without white space between its tokens, numbers and texts as they stand.</summary>
    /// <param name="buffer">Gets the escaped value.</param>
    /// <param name="raw">A valid JSON value.</param>
    public static void AppendQuoted(this PooledBuffer buffer, ReadOnlySpan<byte> raw) => AppendTokens(buffer, raw, quoted: true);

    private static void AppendTokens(PooledBuffer buffer, ReadOnlySpan<byte> raw, bool quoted)
    {
        var target = buffer.GetSpan(raw.Length * 2);
        var length = 0;
        var inString = false;
        for (var i = 0; i < raw.Length; i++)
        {
            var b = raw[i];
            if (!inString && b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            {
                continue;
            }

            if (quoted && b is (byte)'"' or (byte)'\\')
            {
                target[length++] = (byte)'\\';
            }

            target[length++] = b;
            if (b == '\\' && inString)
            {
                // The escaped byte never ends the string.
                b = raw[++i];
                if (quoted && b is (byte)'"' or (byte)'\\')
                {
                    target[length++] = (byte)'\\';
                }

                target[length++] = b;
            }
            else if (b == '"')
            {
                inString = !inString;
            }
        }

        buffer.Advance(length);
    }

    /// <summary>Whether the name or string the reader stands on is this one. Names are next to never escaped, and comparing bytes is a fraction of what the reader's own comparison takes.</summary>
    /// <param name="reader">A reader of one span.</param>
    /// <param name="value">Text in UTF-8.</param>
    public static bool IsValue(this ref Utf8JsonReader reader, ReadOnlySpan<byte> value) =>
        reader.ValueIsEscaped ? reader.ValueTextEquals(value) : reader.ValueSpan.SequenceEqual(value);

    /// <summary>Appends a decimal number.</summary>
    public static void AppendNumber(this PooledBuffer buffer, long value)
    {
        Utf8Formatter.TryFormat(value, buffer.GetSpan(20), out var written);
        buffer.Advance(written);
    }

    /// <summary>Writes a raw string value that is known to be valid.</summary>
    public static void WriteRawString(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> rawString)
    {
        writer.WritePropertyName(name);
        writer.WriteRawValue(rawString, skipInputValidation: true);
    }
}
