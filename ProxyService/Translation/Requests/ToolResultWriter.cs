using System.Runtime.InteropServices;
using System.Text.Json;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.OpenAi;

namespace GeminiBalance.ProxyService.Translation.Requests;

/// <summary>Writes the result of a tool as a <c>functionResponse</c>, whose <c>response</c> must be an object.</summary>
internal static class ToolResultWriter
{
    /// <summary>The largest integer a Struct, which knows only doubles, keeps exactly.</summary>
    private const long LargestExact = 1L << 53;

    /// <summary>Writes a result.</summary>
    /// <param name="writer">Gets the part.</param>
    /// <param name="request">The request.</param>
    /// <param name="body">The body it was read from.</param>
    /// <param name="result">The tool's message.</param>
    /// <param name="call">The call it answers.</param>
    /// <param name="profile">What the model understands.</param>
    public static void Write(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, ChatMessage result, ToolCall call, ModelProfile profile)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("functionResponse"u8);
        writer.WriteString("id"u8, call.Id);
        writer.WriteString("name"u8, FunctionNames.ForGemini(call.Name));
        writer.WritePropertyName("response"u8);
        WriteResponse(writer, Text(request, body, result));
        if (profile.MixesTools && HasMedia(request, result))
        {
            writer.WriteStartArray("parts"u8);
            WriteMedia(writer, request, body, result);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>Writes the media of a result as parts, which know no detail within a result.</summary>
    /// <inheritdoc cref="Write" path="/param"/>
    public static void WriteMedia(Utf8JsonWriter writer, ChatRequest request, ReadOnlySpan<byte> body, ChatMessage result)
    {
        foreach (var part in Parts(request, result))
        {
            if (part.Media is not null)
            {
                PartWriter.Write(writer, part, body, tellsDetail: false);
            }
        }
    }

    private static void WriteResponse(Utf8JsonWriter writer, byte[] text)
    {
        if (TryParse(text) is not { } value)
        {
            writer.WriteStartObject();
            writer.WriteString("output"u8, text);
            writer.WriteEndObject();
            return;
        }

        if (!IsExact(value))
        {
            writer.WriteStartObject();
            writer.WriteString("output"u8, text);
            writer.WriteEndObject();
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            value.WriteTo(writer);
        }
        else
        {
            writer.WriteStartObject();
            writer.WritePropertyName("output"u8);
            value.WriteTo(writer);
            writer.WriteEndObject();
        }
    }

    private static byte[] Text(ChatRequest request, ReadOnlySpan<byte> body, ChatMessage result)
    {
        var parts = Parts(request, result);
        if (parts is [{ Media: null } only])
        {
            return JsonText.Unescape(only.Text.InnerIn(body));
        }

        var text = new List<byte>();
        foreach (var part in parts)
        {
            if (part.Media is null)
            {
                text.AddRange(JsonText.Unescape(part.Text.InnerIn(body)));
            }
        }

        return [.. text];
    }

    private static JsonElement? TryParse(byte[] text)
    {
        try
        {
            return text.Length > 0 && JsonElement.Parse(text, FieldReading.Strict) is var value && FieldReading.IsUnicode(value) ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsExact(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(property => IsExact(property.Value)),
        JsonValueKind.Array => value.EnumerateArray().All(IsExact),
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole is >= -LargestExact and <= LargestExact : value.TryGetDouble(out var number) && double.IsFinite(number) && Math.Abs(number) <= LargestExact,
        _ => true,
    };

    private static bool HasMedia(ChatRequest request, ChatMessage result)
    {
        foreach (var part in Parts(request, result))
        {
            if (part.Media is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<ContentPart> Parts(ChatRequest request, ChatMessage result) => CollectionsMarshal.AsSpan(request.Parts).Slice(result.FirstPart, result.PartCount);
}
