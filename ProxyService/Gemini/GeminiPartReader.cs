using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Gemini;

/// <summary>Reads one part of an answer, of whatever kind.</summary>
internal static class GeminiPartReader
{
    /// <summary>Reads the part the reader stands on.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="reply">Gets the part, unless it holds nothing.</param>
    public static void Read(ref Utf8JsonReader reader, GenerateContentReply reply)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        var start = (int)reader.TokenStartIndex;
        var part = new GeminiPart(GeminiPartKind.Text, default);
        var found = false;
        var isServerTool = false;
        var thought = false;
        var other = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsValue("text"u8))
            {
                part = part with { Kind = GeminiPartKind.Text, Value = Text(ref reader) };
                found |= !part.Value.IsNone;
            }
            else if (reader.IsValue("thought"u8))
            {
                // Early models sent a word instead of true.
                reader.Read();
                thought = reader.TokenType == JsonTokenType.True || (reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0 && !reader.IsValue("false"u8));
                reader.Skip();
            }
            else if (reader.IsValue("thoughtSignature"u8))
            {
                part = part with { Signature = Text(ref reader) };
            }
            else if (reader.IsValue("functionCall"u8))
            {
                part = ReadFields(ref reader, part with { Kind = GeminiPartKind.FunctionCall }, "args"u8, "name"u8, "id"u8);
                found = !part.Name.IsNone;
            }
            else if (reader.IsValue("inlineData"u8))
            {
                part = ReadFields(ref reader, part with { Kind = GeminiPartKind.Media }, "data"u8, "mimeType"u8);
                found = !part.Value.IsNone && !part.Name.IsNone;
            }
            else if (reader.IsValue("executableCode"u8))
            {
                part = ReadFields(ref reader, part with { Kind = GeminiPartKind.Code }, "code"u8, "language"u8);
                found = !part.Value.IsNone;
            }
            else if (reader.IsValue("codeExecutionResult"u8))
            {
                part = ReadFields(ref reader, part with { Kind = GeminiPartKind.CodeOutput }, "output"u8, "outcome"u8);
                found = !part.Value.IsNone || !part.Name.IsNone;
            }
            else if (reader.IsValue("fileData"u8))
            {
                part = ReadFields(ref reader, part with { Kind = GeminiPartKind.StoredFile }, "fileUri"u8, "mimeType"u8);
                found = !part.Value.IsNone;
            }
            else
            {
                isServerTool |= reader.IsValue("toolCall"u8) || reader.IsValue("toolResponse"u8);

                // How a film was cut, and the like: nothing for the client.
                other |= !isServerTool && !reader.IsValue("videoMetadata"u8) && !reader.IsValue("partMetadata"u8) && !reader.IsValue("mediaResolution"u8);
                reader.Read();
                reader.Skip();
            }
        }

        if (isServerTool)
        {
            reply.Parts.Add(new GeminiPart(GeminiPartKind.ServerTool, new JsonSlice(start, (int)reader.BytesConsumed - start)));
            return;
        }

        if (found && !(part.Kind == GeminiPartKind.Text && part.Value.IsEmptyString))
        {
            reply.Parts.Add(thought && part.Kind == GeminiPartKind.Text ? part with { Kind = GeminiPartKind.Thought } : part);
        }
        else if (!part.Signature.IsNone)
        {
            // Nothing that can be shown or called, but the signature must come back.
            reply.Parts.Add(new GeminiPart(GeminiPartKind.Text, default, Signature: part.Signature));
        }

        reply.HasUnknownParts |= other && !found;
    }

    /// <summary>The object or array that is the value of the name the reader stands on; none for any other value.</summary>
    public static JsonSlice Raw(ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        var isWhole = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        reader.Skip();
        return isWhole ? new JsonSlice(start, (int)reader.BytesConsumed - start) : default;
    }

    private static GeminiPart ReadFields(ref Utf8JsonReader reader, GeminiPart part, ReadOnlySpan<byte> value, ReadOnlySpan<byte> name, ReadOnlySpan<byte> id = default)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return part;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.IsValue(value))
            {
                part = part with { Value = part.Kind == GeminiPartKind.FunctionCall ? Raw(ref reader) : Text(ref reader) };
            }
            else if (reader.IsValue(name))
            {
                part = part with { Name = Text(ref reader) };
            }
            else if (id.Length > 0 && reader.IsValue(id))
            {
                part = part with { Id = Text(ref reader) };
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return part;
    }

    private static JsonSlice Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return new JsonSlice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
        }

        reader.Skip();
        return default;
    }
}
