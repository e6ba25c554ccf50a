using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads <c>messages</c>: who says what. Only texts are supported; anything else is refused by its path.</summary>
internal static class ChatMessageReader
{
    private const int MaximumMessages = 10_000;

    /// <summary>Reads all messages into the request.</summary>
    /// <param name="reader">Stands on the name <c>messages</c>.</param>
    /// <param name="request">Gets the messages that hold a text.</param>
    public static void Read(ref Utf8JsonReader reader, ChatRequest request)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("messages", "an array of objects"));
        }

        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i == MaximumMessages)
            {
                throw FieldReading.Refuse(OpenAiError.Invalid("array_above_max_length", $"Invalid 'messages': at most {MaximumMessages} messages are supported.", "messages"));
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw FieldReading.Refuse(OpenAiError.WrongType($"messages[{i}]", "an object"));
            }

            ReadMessage(ref reader, request, i);
        }
    }

    private static void ReadMessage(ref Utf8JsonReader reader, ChatRequest request, int index)
    {
        ChatRole? role = null;
        var content = Content.Absent;
        var firstText = request.Texts.Count;
        var seen = Fields.None;
        Span<char> space = stackalloc char[64];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<char> name = space[..FieldReading.Name(ref reader, space)];
            var field = FieldOf(name);
            if ((seen & field) != 0)
            {
                throw FieldReading.Refuse(OpenAiError.InvalidJson($"messages[{index}] holds the field '{name}' twice."));
            }

            seen |= field;
            switch (field)
            {
                case Fields.Role:
                    role = ReadRole(ref reader, index);
                    break;
                case Fields.Content:
                    content = ReadContent(ref reader, request, index);
                    break;
                case Fields.Refusal:
                    ReadRefusal(ref reader, request, index);
                    break;
                case Fields.ToolCalls or Fields.FunctionCall or Fields.Audio:
                    if (FieldReading.SkipAndTellWhetherSet(ref reader))
                    {
                        throw FieldReading.Refuse(NotYet(FieldPath.OfMessage(index, name.ToString())));
                    }

                    break;
                default:
                    reader.Read();
                    reader.Skip();
                    break;
            }
        }

        if (role is null)
        {
            throw FieldReading.Refuse(OpenAiError.Missing($"messages[{index}].role"));
        }

        if (content is Content.Absent or Content.Null && role != ChatRole.Assistant)
        {
            throw FieldReading.Refuse(content == Content.Absent
                ? OpenAiError.Missing($"messages[{index}].content")
                : OpenAiError.WrongType($"messages[{index}].content", "a string or an array of parts"));
        }

        // Gemini refuses a content without parts, and says nothing of an empty message.
        var texts = request.Texts.Count - firstText;
        if (texts > 0)
        {
            request.Messages.Add(new ChatMessage(role.Value, firstText, texts));
        }
    }

    private static ChatRole ReadRole(ref Utf8JsonReader reader, int index)
    {
        var field = FieldPath.OfMessage(index, "role");
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(field.ToString(), "a string"));
        }

        if (reader.ValueTextEquals("user"u8))
        {
            return ChatRole.User;
        }

        if (reader.ValueTextEquals("assistant"u8))
        {
            return ChatRole.Assistant;
        }

        if (reader.ValueTextEquals("system"u8) || reader.ValueTextEquals("developer"u8))
        {
            return ChatRole.System;
        }

        throw FieldReading.Refuse(reader.ValueTextEquals("tool"u8) || reader.ValueTextEquals("function"u8)
            ? NotYet(field)
            : OpenAiError.InvalidValue(field.ToString(), $"Invalid '{field}': use system, developer, user or assistant."));
    }

    private static Content ReadContent(ref Utf8JsonReader reader, ChatRequest request, int index)
    {
        var field = FieldPath.OfMessage(index, "content");
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return Content.Null;
            case JsonTokenType.String:
                AddText(ref reader, request, field);
                return Content.Present;
            case JsonTokenType.StartArray:
                var count = 0;
                for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; count++)
                {
                    ReadPart(ref reader, request, index, count);
                }

                return count > 0 ? Content.Present : throw FieldReading.Refuse(OpenAiError.Invalid("empty_array", $"Invalid '{field}': expected at least one part.", field.ToString()));
            default:
                throw FieldReading.Refuse(OpenAiError.WrongType(field.ToString(), "a string or an array of parts"));
        }
    }

    private static void ReadPart(ref Utf8JsonReader reader, ChatRequest request, int index, int number)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(FieldPath.OfPart(index, number, "").ToString(), "an object"));
        }

        var type = PartType.Absent;
        var hasText = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                type = type == PartType.Absent ? ReadPartType(ref reader, index, number) : throw FieldReading.Refuse(OpenAiError.InvalidJson($"messages[{index}].content[{number}] holds the field 'type' twice."));
            }
            else if (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("refusal"u8))
            {
                if (hasText)
                {
                    throw FieldReading.Refuse(OpenAiError.InvalidJson($"messages[{index}].content[{number}] holds two texts."));
                }

                hasText = true;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                {
                    throw FieldReading.Refuse(OpenAiError.WrongType(FieldPath.OfPart(index, number, "text").ToString(), "a string"));
                }

                AddText(ref reader, request, FieldPath.OfPart(index, number, "text"));
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        if (type == PartType.Absent)
        {
            throw FieldReading.Refuse(OpenAiError.Missing(FieldPath.OfPart(index, number, "type").ToString()));
        }

        if (!hasText)
        {
            throw FieldReading.Refuse(OpenAiError.Missing(FieldPath.OfPart(index, number, "text").ToString()));
        }
    }

    private static PartType ReadPartType(ref Utf8JsonReader reader, int index, int number)
    {
        var field = FieldPath.OfPart(index, number, "type");
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(field.ToString(), "a string"));
        }

        if (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("refusal"u8))
        {
            return PartType.Text;
        }

        throw FieldReading.Refuse(FieldReading.Text(ref reader, field) is "image_url" or "input_audio" or "file" or "video_url" or "input_video"
            ? NotYet(field)
            : OpenAiError.InvalidValue(field.ToString(), $"Invalid '{field}': only 'text' is supported."));
    }

    private static void ReadRefusal(ref Utf8JsonReader reader, ChatRequest request, int index)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.String:
                AddText(ref reader, request, FieldPath.OfMessage(index, "refusal"));
                return;
            default:
                throw FieldReading.Refuse(OpenAiError.WrongType($"messages[{index}].refusal", "a string"));
        }
    }

    private static void AddText(ref Utf8JsonReader reader, ChatRequest request, FieldPath field)
    {
        var slice = FieldReading.Slice(ref reader, field);
        if (!slice.IsEmptyString)
        {
            request.Texts.Add(slice);
        }
    }

    private static OpenAiError NotYet(FieldPath field) =>
        OpenAiError.Invalid("unsupported_value", $"'{field}': only texts are supported yet; leaving this out would change the answer.", field.ToString());

    private static Fields FieldOf(ReadOnlySpan<char> name) => name switch
    {
        "role" => Fields.Role,
        "content" => Fields.Content,
        "refusal" => Fields.Refusal,
        "tool_calls" => Fields.ToolCalls,
        "function_call" => Fields.FunctionCall,
        "audio" => Fields.Audio,
        _ => Fields.None,
    };

    [Flags]
    private enum Fields
    {
        None = 0,
        Role = 1,
        Content = 2,
        Refusal = 4,
        ToolCalls = 8,
        FunctionCall = 16,
        Audio = 32,
    }

    private enum PartType
    {
        Absent,
        Text,
    }

    private enum Content
    {
        Absent,
        Null,
        Present,
    }
}
