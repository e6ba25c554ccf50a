using System.Buffers.Text;
using System.Collections.Frozen;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>The kinds of media Gemini takes, and how they are recognised.</summary>
internal static class MediaTypes
{
    private static readonly FrozenDictionary<string, string> Known = new Dictionary<string, string>
    {
        ["image/png"] = "image/png",
        ["image/jpeg"] = "image/jpeg",
        ["image/jpg"] = "image/jpeg",
        ["image/webp"] = "image/webp",
        ["image/heic"] = "image/heic",
        ["image/heif"] = "image/heif",
        ["audio/wav"] = "audio/wav",
        ["audio/x-wav"] = "audio/wav",
        ["audio/wave"] = "audio/wav",
        ["audio/mp3"] = "audio/mp3",
        ["audio/mpeg"] = "audio/mp3",
        ["audio/aiff"] = "audio/aiff",
        ["audio/aac"] = "audio/aac",
        ["audio/ogg"] = "audio/ogg",
        ["audio/flac"] = "audio/flac",
        ["audio/m4a"] = "audio/m4a",
        ["audio/mp4"] = "audio/m4a",
        ["audio/webm"] = "audio/webm",
        ["video/mp4"] = "video/mp4",
        ["video/mpeg"] = "video/mpeg",
        ["video/mov"] = "video/mov",
        ["video/quicktime"] = "video/mov",
        ["video/avi"] = "video/avi",
        ["video/x-flv"] = "video/x-flv",
        ["video/mpg"] = "video/mpg",
        ["video/webm"] = "video/webm",
        ["video/wmv"] = "video/wmv",
        ["video/3gpp"] = "video/3gpp",
        ["application/pdf"] = "application/pdf",
        ["text/plain"] = "text/plain",
        ["text/html"] = "text/html",
        ["text/css"] = "text/css",
        ["text/csv"] = "text/csv",
        ["text/xml"] = "text/xml",
        ["text/markdown"] = "text/md",
        ["text/md"] = "text/md",
        ["text/rtf"] = "text/rtf",
        ["application/json"] = "text/plain",
        ["application/x-javascript"] = "text/plain",
        ["text/javascript"] = "text/plain",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string> AudioFormats = new Dictionary<string, string>
    {
        ["wav"] = "audio/wav",
        ["mp3"] = "audio/mp3",
        ["aiff"] = "audio/aiff",
        ["aac"] = "audio/aac",
        ["ogg"] = "audio/ogg",
        ["flac"] = "audio/flac",
        ["m4a"] = "audio/m4a",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<string, string> Extensions = new Dictionary<string, string>
    {
        ["pdf"] = "application/pdf",
        ["txt"] = "text/plain",
        ["md"] = "text/md",
        ["csv"] = "text/csv",
        ["html"] = "text/html",
        ["htm"] = "text/html",
        ["xml"] = "text/xml",
        ["css"] = "text/css",
        ["json"] = "text/plain",
        ["js"] = "text/plain",
        ["py"] = "text/plain",
        ["rtf"] = "text/rtf",
        ["png"] = "image/png",
        ["jpg"] = "image/jpeg",
        ["jpeg"] = "image/jpeg",
        ["webp"] = "image/webp",
        ["heic"] = "image/heic",
        ["heif"] = "image/heif",
        ["wav"] = "audio/wav",
        ["mp3"] = "audio/mp3",
        ["aac"] = "audio/aac",
        ["ogg"] = "audio/ogg",
        ["flac"] = "audio/flac",
        ["m4a"] = "audio/m4a",
        ["mp4"] = "video/mp4",
        ["mpeg"] = "video/mpeg",
        ["mov"] = "video/mov",
        ["avi"] = "video/avi",
        ["webm"] = "video/webm",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Gemini's name of a media type; null when it takes none such.</summary>
    public static string? Supported(string type) =>
        Known.GetValueOrDefault(type) ?? (type.StartsWith("text/", StringComparison.OrdinalIgnoreCase) ? "text/plain" : null);

    /// <summary>The media type of <c>input_audio.format</c>; null when unknown.</summary>
    public static string? OfAudioFormat(string format) => AudioFormats.GetValueOrDefault(format);

    /// <summary>The media type a file name promises; null when it promises none that is known.</summary>
    public static string? OfFileName(string? name) => name is null ? null : Extensions.GetValueOrDefault(Path.GetExtension(name).TrimStart('.'));

    /// <summary>Whether a type is one of images.</summary>
    public static bool IsImage(string type) => type.StartsWith("image/", StringComparison.Ordinal);

    /// <summary>What the first bytes say they are; null when they say nothing known. Covers the kinds that clients mislabel.</summary>
    /// <param name="bytes">At least 12 bytes of the content, if it has so many.</param>
    public static string? Sniff(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']))
        {
            return "image/png";
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            return "image/jpeg";
        }

        if (bytes.StartsWith("GIF8"u8))
        {
            return "image/gif";
        }

        if (bytes.StartsWith("BM"u8) && bytes.Length >= 12 && bytes[6] == 0)
        {
            return "image/bmp";
        }

        if (bytes.StartsWith("%PDF"u8))
        {
            return "application/pdf";
        }

        if (bytes.StartsWith("RIFF"u8) && bytes.Length >= 12)
        {
            return bytes[8..12] switch
            {
                [(byte)'W', (byte)'E', (byte)'B', (byte)'P'] => "image/webp",
                [(byte)'W', (byte)'A', (byte)'V', (byte)'E'] => "audio/wav",
                [(byte)'A', (byte)'V', (byte)'I', (byte)' '] => "video/avi",
                _ => null,
            };
        }

        if (bytes.StartsWith("OggS"u8))
        {
            return "audio/ogg";
        }

        if (bytes.StartsWith("fLaC"u8))
        {
            return "audio/flac";
        }

        if (bytes.StartsWith("ID3"u8))
        {
            return "audio/mp3";
        }

        if (bytes.Length >= 12 && bytes[4..8].SequenceEqual("ftyp"u8))
        {
            return bytes[8..12] switch
            {
                [(byte)'h', (byte)'e', ..] => "image/heic",
                [(byte)'m', (byte)'i' or (byte)'s', (byte)'f', (byte)'1'] => "image/heif",
                [(byte)'a', (byte)'v', (byte)'i', ..] => "image/avif",
                [(byte)'M', (byte)'4', (byte)'A', ..] => "audio/m4a",
                [(byte)'q', (byte)'t', ..] => "video/mov",
                [(byte)'3', (byte)'g', ..] => "video/3gpp",
                _ => "video/mp4",
            };
        }

        return null;
    }

    /// <summary>What the beginning of a base64 text says it is.</summary>
    /// <param name="base64">Valid base64.</param>
    public static string? SniffBase64(ReadOnlySpan<byte> base64)
    {
        Span<byte> bytes = stackalloc byte[24];
        var beginning = base64[..Math.Min(base64.Length / 4 * 4, 32)];
        Base64.DecodeFromUtf8(beginning, bytes, out _, out var written, isFinalBlock: beginning.Length == base64.Length);
        return Sniff(bytes[..written]);
    }
}
