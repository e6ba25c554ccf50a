using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads one part of a message's content. What cannot be understood is refused by its path, never left out.</summary>
internal static class ContentPartReader
{
    /// <summary>Reads a part into the request.</summary>
    /// <param name="reader">Stands on the part.</param>
    /// <param name="body">The body being read.</param>
    /// <param name="request">Gets the part, unless it is an empty text.</param>
    /// <param name="message">Place of the message.</param>
    /// <param name="number">Place of the part in it.</param>
    public static void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ChatRequest request, int message, int number)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(FieldPath.OfPart(message, number, "").ToString(), "an object"));
        }

        var part = new Fields { Message = message, Number = number };
        while (FieldReading.NextName(ref reader))
        {
            if (reader.ValueTextEquals("type"u8))
            {
                part.Once(Seen.Type, "type");
                part.Type = FieldReading.RequiredText(ref reader, part.Path("type"));
            }
            else if (reader.ValueTextEquals("text"u8))
            {
                part.Once(Seen.Text, "text");
                part.Text = FieldReading.OptionalSlice(ref reader, part.Path("text"));
            }
            else if (reader.ValueTextEquals("refusal"u8))
            {
                part.Once(Seen.Refusal, "refusal");
                part.Refusal = FieldReading.OptionalSlice(ref reader, part.Path("refusal"));
            }
            else if (reader.ValueTextEquals("image_url"u8) || reader.ValueTextEquals("video_url"u8))
            {
                ReadMedia(ref reader, ref part, reader.ValueTextEquals("image_url"u8) ? "image_url" : "video_url", mayBeString: true);
            }
            else if (reader.ValueTextEquals("input_audio"u8) || reader.ValueTextEquals("input_video"u8) || reader.ValueTextEquals("file"u8))
            {
                ReadMedia(ref reader, ref part, reader.ValueTextEquals("input_audio"u8) ? "input_audio" : reader.ValueTextEquals("file"u8) ? "file" : "input_video", mayBeString: false);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        Add(in part, body, request);
    }

    /// <summary>Clients that write every kind of part as one object send the fields of the other kinds as null.</summary>
    private static void ReadMedia(ref Utf8JsonReader reader, ref Fields part, string name, bool mayBeString)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        part.Once(Seen.Media, name);
        part.Name = name;
        if (mayBeString && reader.TokenType == JsonTokenType.String)
        {
            part.Url = FieldReading.Slice(ref reader, part.Path(part.Name!));
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(part.Path(part.Name!).ToString(), "an object"));
        }

        while (FieldReading.NextName(ref reader))
        {
            if (reader.ValueTextEquals("url"u8))
            {
                part.Url = FieldReading.OptionalSlice(ref reader, part.Path(part.Name + ".url"));
            }
            else if (reader.ValueTextEquals("data"u8) || reader.ValueTextEquals("file_data"u8))
            {
                var data = FieldReading.OptionalSlice(ref reader, part.Path($"{part.Name}.{(reader.ValueTextEquals("data"u8) ? "data" : "file_data")}"));
                part.Data = data.IsNone ? part.Data : data;
            }
            else if (reader.ValueTextEquals("format"u8))
            {
                part.Format = FieldReading.OptionalText(ref reader, part.Path(part.Name + ".format"));
            }
            else if (reader.ValueTextEquals("filename"u8))
            {
                part.FileName = FieldReading.OptionalText(ref reader, part.Path(part.Name + ".filename"));
            }
            else if (reader.ValueTextEquals("file_id"u8))
            {
                part.FileId = FieldReading.OptionalText(ref reader, part.Path(part.Name + ".file_id"));
            }
            else if (reader.ValueTextEquals("detail"u8))
            {
                part.Detail = Detail(FieldReading.OptionalText(ref reader, part.Path(part.Name + ".detail")), part.Path(part.Name + ".detail"));
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static void Add(in Fields part, ReadOnlySpan<byte> body, ChatRequest request)
    {
        switch (part.Type)
        {
            case null:
                throw FieldReading.Refuse(OpenAiError.Missing(part.Path("type").ToString()));
            case "text" or "refusal":
                var text = part.Type == "text" ? part.Text : part.Refusal;
                if (text.IsNone)
                {
                    throw FieldReading.Refuse(OpenAiError.Missing(part.Path(part.Type).ToString()));
                }

                if (!text.IsEmptyString)
                {
                    request.Parts.Add(new ContentPart(text));
                }

                break;
            case "image_url" or "video_url" when part.Name == part.Type:
                request.Parts.Add(new ContentPart(default, MediaReading.FromAddress(part.Url.IsNone ? throw Missing(part, ".url") : part.Url, body, part.Path(part.Type + ".url"), part.Detail, part.Type == "image_url")));
                break;
            case "input_audio" when part.Name == part.Type:
                request.Parts.Add(new ContentPart(default, MediaReading.Audio(part.Data.IsNone ? throw Missing(part, ".data") : part.Data, part.Format ?? throw Missing(part, ".format"), body, part.Path("input_audio.data"), part.Path("input_audio.format"))));
                break;
            case "input_video" when part.Name == part.Type && !part.Url.IsNone:
                request.Parts.Add(new ContentPart(default, MediaReading.FromAddress(part.Url, body, part.Path("input_video.url"), MediaDetail.Auto, mustBeImage: false)));
                break;
            case "input_video" when part.Name == part.Type:
                request.Parts.Add(new ContentPart(default, MediaReading.FromData(part.Data.IsNone ? throw Missing(part, ".data") : part.Data, part.Format is null ? null : "video/" + part.Format, body, part.Path("input_video.data"))));
                break;
            case "file" when part.Name == part.Type:
                if (part.FileId is not null)
                {
                    throw FieldReading.Refuse(OpenAiError.InvalidValue(part.Path("file.file_id").ToString(), "The gateway keeps no uploaded files: send the content as 'file_data'."));
                }

                request.Parts.Add(new ContentPart(default, MediaReading.FromData(part.Data.IsNone ? throw Missing(part, ".file_data") : part.Data, MediaTypes.OfFileName(part.FileName), body, part.Path("file.file_data"), mayBeText: true)));
                break;
            case "image_url" or "video_url" or "input_audio" or "input_video" or "file":
                throw FieldReading.Refuse(OpenAiError.Missing(part.Path(part.Type).ToString()));
            default:
                throw FieldReading.Refuse(OpenAiError.InvalidValue(part.Path("type").ToString(), $"Invalid '{part.Path("type")}': use text, image_url, input_audio, file or video_url."));
        }
    }

    private static MediaDetail Detail(string? word, FieldPath field) => word switch
    {
        null or "auto" => MediaDetail.Auto,
        "low" => MediaDetail.Low,
        "high" => MediaDetail.High,
        _ => throw FieldReading.Refuse(OpenAiError.InvalidValue(field.ToString(), $"Invalid '{field}': use auto, low or high.")),
    };

    private static RequestRefusedException Missing(in Fields part, string field) => FieldReading.Refuse(OpenAiError.Missing(part.Path(part.Name + field).ToString()));

    [Flags]
    private enum Seen
    {
        None = 0,
        Type = 1,
        Text = 2,
        Media = 4,
        Refusal = 8,
    }

    private ref struct Fields
    {
        private Seen seen;

        public int Message;
        public int Number;
        public string? Type;
        public string? Name;
        public JsonSlice Text;
        public JsonSlice Refusal;
        public JsonSlice Url;
        public JsonSlice Data;
        public string? Format;
        public string? FileName;
        public string? FileId;
        public MediaDetail Detail;

        public readonly FieldPath Path(string name) => FieldPath.OfPart(Message, Number, name);

        public void Once(Seen field, string name)
        {
            if ((seen & field) != 0)
            {
                throw FieldReading.Refuse(OpenAiError.InvalidJson($"{Path("")} holds the field '{name}' twice."));
            }

            seen |= field;
        }
    }
}
