using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads <c>images</c> of an assistant's message, where the gateway puts what a model drew: a client that sends the message back sends them as well.</summary>
internal static class AssistantImageReader
{
    /// <summary>Reads the images into the request, as parts of the message.</summary>
    /// <param name="reader">Stands on the name <c>images</c>.</param>
    /// <param name="body">The body being read.</param>
    /// <param name="request">Gets the images, and a warning for what is none.</param>
    /// <param name="message">Place of the message.</param>
    public static void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ChatRequest request, int message)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            if (reader.TokenType != JsonTokenType.Null)
            {
                request.Warn($"messages[{message}].images is no array and was ignored");
            }

            reader.Skip();
            return;
        }

        for (var number = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; number++)
        {
            var address = default(JsonSlice);
            string? signature = null;
            var field = FieldPath.OfMessage(message, $"images[{number}].image_url.url");
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                (address, signature) = Image(ref reader, body, field);
            }
            else
            {
                reader.Skip();
            }

            if (address.IsNone)
            {
                request.Warn($"messages[{message}].images[{number}] holds no image_url and was ignored");
            }
            else
            {
                request.Parts.Add(new ContentPart(default, MediaReading.FromAddress(address, body, field, MediaDetail.Auto, mustBeImage: true), signature));
            }
        }
    }

    private static (JsonSlice Address, string? Signature) Image(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, FieldPath field)
    {
        var address = default(JsonSlice);
        string? signature = null;
        while (FieldReading.NextName(ref reader))
        {
            if (reader.ValueTextEquals("extra_content"u8))
            {
                signature = ThoughtSignatureReading.OfExtra(FieldReading.Element(ref reader, body, field.ToString()));
                continue;
            }

            var isImage = reader.ValueTextEquals("image_url"u8);
            reader.Read();
            if (isImage && reader.TokenType == JsonTokenType.String)
            {
                address = FieldReading.Slice(ref reader, field);
            }
            else if (isImage && reader.TokenType == JsonTokenType.StartObject)
            {
                while (FieldReading.NextName(ref reader))
                {
                    if (reader.ValueTextEquals("url"u8))
                    {
                        address = FieldReading.OptionalSlice(ref reader, field);
                    }
                    else
                    {
                        reader.Read();
                        reader.Skip();
                    }
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return (address, signature);
    }
}
