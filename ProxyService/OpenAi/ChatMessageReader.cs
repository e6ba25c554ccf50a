using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads <c>messages</c>: who says what, calls what, answers which call.</summary>
internal static class ChatMessageReader
{
    private const int MaximumMessages = 10_000;

    /// <summary>Reads all messages into the request.</summary>
    /// <param name="reader">Stands on the name <c>messages</c>.</param>
    /// <param name="body">The body being read.</param>
    /// <param name="request">Gets the messages that hold anything.</param>
    public static void Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ChatRequest request)
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

            ReadMessage(ref reader, body, request, i);
        }
    }

    private static void ReadMessage(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ChatRequest request, int index)
    {
        var message = new Draft { Index = index, FirstPart = request.Parts.Count, FirstCall = request.Calls.Count };
        var seen = Fields.None;
        Span<char> space = stackalloc char[64];
        while (FieldReading.NextName(ref reader))
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
                    message.Role = ReadRole(ref reader, index, out message.IsFunction);
                    break;
                case Fields.Content:
                    message.Content = ReadContent(ref reader, body, request, index);
                    break;
                case Fields.Refusal:
                    ReadRefusal(ref reader, request, index);
                    break;
                case Fields.ToolCalls:
                    ToolCallReader.ReadCalls(ref reader, body, request, index);
                    break;
                case Fields.FunctionCall:
                    ToolCallReader.ReadFunctionCall(ref reader, body, request, index);
                    break;
                case Fields.ToolCallId:
                    message.ToolCallId = FieldReading.OptionalText(ref reader, FieldPath.OfMessage(index, "tool_call_id"));
                    break;
                case Fields.Name:
                    message.Name = FieldReading.OptionalText(ref reader, FieldPath.OfMessage(index, "name"));
                    break;
                case Fields.Extra:
                    var extra = FieldReading.Element(ref reader, body, $"messages[{index}].extra_content");
                    message.Signature = ThoughtSignatureReading.OfExtra(extra);
                    message.ServerTools = ThoughtSignatureReading.ServerToolsOfExtra(extra);
                    break;
                case Fields.Audio:
                    if (FieldReading.SkipAndTellWhetherSet(ref reader))
                    {
                        throw FieldReading.Refuse(OpenAiError.Invalid("unsupported_value", "The gateway keeps no earlier audio answers: send their transcript as 'content'.", $"messages[{index}].audio"));
                    }

                    break;
                case Fields.Images:
                    // Whose they are, and which text they follow, may be told later.
                    message.Images = reader;
                    reader.Read();
                    reader.Skip();
                    break;
                default:
                    reader.Read();
                    reader.Skip();
                    break;
            }
        }

        if ((seen & Fields.Images) != 0 && message.Role == ChatRole.Assistant)
        {
            AssistantImageReader.Read(ref message.Images, body, request, index);
        }

        Add(in message, request);
    }

    private static void Add(in Draft message, ChatRequest request)
    {
        var index = message.Index;
        var role = message.Role ?? throw FieldReading.Refuse(OpenAiError.Missing($"messages[{index}].role"));
        if (message.Content is Content.Absent or Content.Null && role != ChatRole.Assistant)
        {
            throw FieldReading.Refuse(message.Content == Content.Absent
                ? OpenAiError.Missing($"messages[{index}].content")
                : OpenAiError.WrongType($"messages[{index}].content", "a string or an array of parts"));
        }

        // An assistant that only called, and a tool with nothing to say, are written like this too.
        if (message.Content == Content.Empty && role is not (ChatRole.Assistant or ChatRole.Tool))
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("empty_array", $"Invalid 'messages[{index}].content': expected at least one part.", $"messages[{index}].content"));
        }

        var calls = request.Calls.Count - message.FirstCall;
        if (calls > 0 && role != ChatRole.Assistant)
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue($"messages[{index}].tool_calls", "Only messages of the assistant call tools."));
        }

        var parts = request.Parts.Count - message.FirstPart;
        if (role == ChatRole.System)
        {
            RefuseMedia(request, message.FirstPart);
        }

        if (role == ChatRole.Tool)
        {
            var id = message.IsFunction ? message.Name : message.ToolCallId;
            request.Messages.Add(new ChatMessage(index, role, message.FirstPart, parts, ToolCallId: id is { Length: > 0 }
                ? message.IsFunction ? id : ThoughtSignatureReading.CallId(id, out _)
                : throw FieldReading.Refuse(OpenAiError.Missing($"messages[{index}].{(message.IsFunction ? "name" : "tool_call_id")}"))));
            return;
        }

        // Gemini refuses a content without parts, and says nothing of an empty message.
        if (parts > 0 || calls > 0)
        {
            request.Messages.Add(new ChatMessage(index, role, message.FirstPart, parts, message.FirstCall, calls, Signature: message.Signature, ServerTools: message.ServerTools));
        }
    }

    private static void RefuseMedia(ChatRequest request, int firstPart)
    {
        for (var i = firstPart; i < request.Parts.Count; i++)
        {
            if (request.Parts[i].Media is { } media)
            {
                throw FieldReading.Refuse(OpenAiError.Invalid("unsupported_value", $"'{media.Field}': system messages hold text only.", media.Field.ToString()));
            }
        }
    }

    private static ChatRole ReadRole(ref Utf8JsonReader reader, int index, out bool isFunction)
    {
        var field = FieldPath.OfMessage(index, "role");
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(field.ToString(), "a string"));
        }

        isFunction = reader.ValueTextEquals("function"u8);
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

        return isFunction || reader.ValueTextEquals("tool"u8)
            ? ChatRole.Tool
            : throw FieldReading.Refuse(OpenAiError.InvalidValue(field.ToString(), $"Invalid '{field}': use system, developer, user, assistant or tool."));
    }

    private static Content ReadContent(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ChatRequest request, int index)
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
                    ContentPartReader.Read(ref reader, body, request, index, count);
                }

                return count > 0 ? Content.Present : Content.Empty;
            default:
                throw FieldReading.Refuse(OpenAiError.WrongType(field.ToString(), "a string or an array of parts"));
        }
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
            request.Parts.Add(new ContentPart(slice));
        }
    }

    private static Fields FieldOf(ReadOnlySpan<char> name) => name switch
    {
        "role" => Fields.Role,
        "content" => Fields.Content,
        "refusal" => Fields.Refusal,
        "tool_calls" => Fields.ToolCalls,
        "function_call" => Fields.FunctionCall,
        "tool_call_id" => Fields.ToolCallId,
        "name" => Fields.Name,
        "extra_content" => Fields.Extra,
        "audio" => Fields.Audio,
        "images" => Fields.Images,
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
        ToolCallId = 64,
        Name = 128,
        Extra = 256,
        Images = 512,
    }

    private enum Content
    {
        Absent,
        Null,
        Empty,
        Present,
    }

    private ref struct Draft
    {
        public int Index;
        public int FirstPart;
        public int FirstCall;
        public ChatRole? Role;
        public bool IsFunction;
        public Content Content;
        public string? ToolCallId;
        public string? Name;
        public string? Signature;
        public string? ServerTools;

        /// <summary>Stands on the name <c>images</c>, if there is one.</summary>
        public Utf8JsonReader Images;
    }
}
