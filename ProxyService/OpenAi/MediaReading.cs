using System.Text;
using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Checks media of a request: addresses, base64 and types.</summary>
internal static class MediaReading
{
    private const int LongestAddress = 8 * 1024;
    private const string FilesHost = "generativelanguage.googleapis.com";

    /// <summary>What stands before the name of a film in YouTube's addresses, besides <c>/watch?v=</c>.</summary>
    private static readonly string[] FilmPaths = ["/shorts/", "/live/", "/embed/"];

    /// <summary>Media given by an address: the bytes themselves, or where they are.</summary>
    /// <param name="text">The raw JSON string.</param>
    /// <param name="body">The body.</param>
    /// <param name="field">Where it stands.</param>
    /// <param name="detail">How closely to look.</param>
    /// <param name="mustBeImage">Whether the field is called after images; documents and recordings are taken there as well.</param>
    public static MediaPart FromAddress(JsonSlice text, ReadOnlySpan<byte> body, FieldPath field, MediaDetail detail, bool mustBeImage)
    {
        if (DataUri.IsOne(text.InnerIn(body)))
        {
            var data = DataUri.Parse(text, body) ?? throw NotMedia(field, "it is no valid base64 data.");
            return Of(data, data.MimeType, body, field, detail);
        }

        var address = text.Length <= LongestAddress ? Encoding.UTF8.GetString(JsonText.Unescape(text.InnerIn(body))) : "";
        if (!Uri.TryCreate(address.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0 || uri.UserInfo.Length > 0)
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("invalid_image_url", $"Invalid '{field}': expected an http or https address, or a data: address with base64.", field.ToString()));
        }

        return new MediaPart { Field = field, Address = uri, Detail = detail, MustBeImage = mustBeImage, FetchedUpstream = IsKnownToGemini(uri) };
    }

    /// <summary>Media given by their bytes, as base64 or as a <c>data:</c> address.</summary>
    /// <param name="text">The raw JSON string.</param>
    /// <param name="type">The type told beside it; null when only a <c>data:</c> address can tell.</param>
    /// <param name="body">The body.</param>
    /// <param name="field">Where it stands.</param>
    /// <param name="mayBeText">Whether the field is for documents.</param>
    public static MediaPart FromData(JsonSlice text, string? type, ReadOnlySpan<byte> body, FieldPath field, bool mayBeText = false)
    {
        if (DataUri.IsOne(text.InnerIn(body)))
        {
            var data = DataUri.Parse(text, body) ?? throw NotMedia(field, "it is no valid base64 data.");
            return Of(data, data.MimeType is "" or "application/octet-stream" ? type ?? "" : data.MimeType, body, field, MediaDetail.Auto, mayBeText);
        }

        var bare = DataUri.OfBase64(text, body, type ?? "") ?? throw NotMedia(field, "it is no valid base64 data.");
        return Of(bare, type ?? MediaTypes.SniffBase64(bare.Base64In(body)) ?? "", body, field, MediaDetail.Auto, mayBeText);
    }

    /// <summary>A recording with its format.</summary>
    public static MediaPart Audio(JsonSlice text, string format, ReadOnlySpan<byte> body, FieldPath field, FieldPath formatField)
    {
        var type = MediaTypes.OfAudioFormat(format)
            ?? throw FieldReading.Refuse(OpenAiError.Invalid("unsupported_value", $"Invalid '{formatField}': use wav, mp3, aiff, aac, ogg, flac or m4a.", formatField.ToString()));
        return FromData(text, type, body, field);
    }

    private static MediaPart Of(in DataUri data, string type, ReadOnlySpan<byte> body, FieldPath field, MediaDetail detail, bool mayBeText = false)
    {
        if (type.Length == 0)
        {
            throw NotMedia(field, "it does not say its media type, as in 'data:image/png;base64,...'.");
        }

        var supported = MediaTypes.Supported(type) ?? throw Unsupported(field, type);
        if (!mayBeText && supported.StartsWith("text/", StringComparison.Ordinal))
        {
            throw NotMedia(field, "a text goes into a part of type 'text' or 'file'.");
        }

        var found = MediaTypes.SniffBase64(data.Base64In(body));
        if (MediaTypes.IsImage(supported))
        {
            if (found is null || !MediaTypes.IsImage(found))
            {
                throw NotMedia(field, "its content is no image.");
            }

            // Clients often mislabel one kind of image as another; the content is what counts.
            supported = MediaTypes.Supported(found) ?? throw Unsupported(field, found);
        }

        return new MediaPart { Field = field, MimeType = supported, Data = data.Data, OwnData = data.OwnData, Detail = detail };
    }

    /// <summary>Films on YouTube and files uploaded to Gemini: only Gemini can open them.</summary>
    private static bool IsKnownToGemini(Uri address) =>
        (address.Host is "www.youtube.com" or "youtube.com" or "m.youtube.com" && (address.AbsolutePath == "/watch" || FilmPaths.Any(path => address.AbsolutePath.Length > path.Length && address.AbsolutePath.StartsWith(path, StringComparison.Ordinal))))
        || (address.Host == "youtu.be" && address.AbsolutePath.Length > 1)
        || (address.Host == FilesHost && address.AbsolutePath.Contains("/files/", StringComparison.Ordinal));

    private static RequestRefusedException NotMedia(FieldPath field, string why) =>
        FieldReading.Refuse(OpenAiError.Invalid("invalid_image", $"Invalid '{field}': {why}", field.ToString()));

    private static RequestRefusedException Unsupported(FieldPath field, string type) =>
        FieldReading.Refuse(OpenAiError.Invalid("unsupported_value", $"Invalid '{field}': Gemini does not take the media type '{JsonEncodedText.Encode(type.Length > 60 ? type[..60] : type)}'.", field.ToString()));
}
