using System.Runtime.InteropServices;
using System.Text.Json;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes single parts.</summary>
internal static class PartWriter
{
    /// <summary>Writes a text or media.</summary>
    /// <param name="writer">Gets the part.</param>
    /// <param name="part">The part.</param>
    /// <param name="body">The body it was read from.</param>
    /// <param name="tellsDetail">Whether the part says how closely it is to be looked at.</param>
    /// <param name="signature">The part's thought signature.</param>
    public static void Write(Utf8JsonWriter writer, ContentPart part, ReadOnlySpan<byte> body, bool tellsDetail, string? signature = null)
    {
        writer.WriteStartObject();
        if (part.Media is { } media)
        {
            WriteMedia(writer, media, body);
            if (tellsDetail && media.Detail != MediaDetail.Auto)
            {
                writer.WriteStartObject("mediaResolution"u8);
                writer.WriteString("level"u8, media.Detail == MediaDetail.Low ? "MEDIA_RESOLUTION_LOW"u8 : "MEDIA_RESOLUTION_HIGH"u8);
                writer.WriteEndObject();
            }
        }
        else
        {
            writer.WriteRawString("text"u8, part.Text.In(body));
        }

        if (signature is not null)
        {
            writer.WriteString("thoughtSignature"u8, signature);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the member that holds media.</summary>
    public static void WriteMedia(Utf8JsonWriter writer, MediaPart media, ReadOnlySpan<byte> body)
    {
        if (media.FetchedUpstream)
        {
            writer.WriteStartObject("fileData"u8);
            if (media.MimeType is not null)
            {
                writer.WriteString("mimeType"u8, media.MimeType);
            }

            writer.WriteString("fileUri"u8, media.Address!.AbsoluteUri);
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartObject("inlineData"u8);
        writer.WriteString("mimeType"u8, media.MimeType);
        writer.WritePropertyName("data"u8);
        writer.WriteStringValue(media.OwnData is { } own ? own : media.Data.In(body));
        writer.WriteEndObject();
    }

    /// <summary>Writes a part with a raw JSON string as its text.</summary>
    public static void WriteText(Utf8JsonWriter writer, ReadOnlySpan<byte> rawText)
    {
        writer.WriteStartObject();
        writer.WriteRawString("text"u8, rawText);
        writer.WriteEndObject();
    }

    /// <summary>Writes the parts of all system messages, and what the gateway adds to them.</summary>
    public static void WriteSystem(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, SystemPlan plan)
    {
        if (plan.Before is not null)
        {
            WriteText(writer, plan.Before);
        }

        var messages = CollectionsMarshal.AsSpan(request.Messages);
        for (var i = 0; i < messages.Length; i++)
        {
            if (messages[i].Role != ChatRole.System || i == plan.AsUser)
            {
                continue;
            }

            foreach (var part in CollectionsMarshal.AsSpan(request.Parts).Slice(messages[i].FirstPart, messages[i].PartCount))
            {
                WriteText(writer, part.Text.In(body));
            }
        }

        if (plan.After is not null)
        {
            WriteText(writer, plan.After);
        }
    }
}
