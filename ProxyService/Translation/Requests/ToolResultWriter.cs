using System.Globalization;
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

    private static void WriteResponse(Utf8JsonWriter writer, (byte[] Text, bool IsOne) result)
    {
        if (!result.IsOne || TryParse(result.Text) is not { } value || !IsExact(value))
        {
            writer.WriteStartObject();
            writer.WriteString("output"u8, result.Text);
            writer.WriteEndObject();
        }
        else if (value.ValueKind == JsonValueKind.Object && IsWhole(value))
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

    /// <summary>The text of a result, and whether it came as one: what is put together from several is no JSON of the tool's.</summary>
    private static (byte[] Text, bool IsOne) Text(ChatRequest request, ReadOnlySpan<byte> body, ChatMessage result)
    {
        var texts = new List<byte[]>(1);
        foreach (var part in Parts(request, result))
        {
            if (part.Media is null)
            {
                texts.Add(JsonText.Unescape(part.Text.InnerIn(body)));
            }
        }

        return texts switch
        {
            [] => ([], false),
            [var only] => (only, true),
            _ => ([.. texts.SelectMany((text, i) => i == 0 ? text : [(byte)'\n', .. text])], false),
        };
    }

    /// <summary>Takes a text for JSON if it is an object or an array. A number or a word means what it says as a text: as JSON, <c>3.10</c> would become 3.1.</summary>
    private static JsonElement? TryParse(byte[] text)
    {
        try
        {
            return text.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..] && JsonElement.Parse(text, FieldReading.Strict) is var value && FieldReading.IsUnicode(value) ? value : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Half of a surrogate pair in a name is the second kind.
            return null;
        }
    }

    /// <summary>Whether an object is the whole response: Gemini takes <c>output</c> or <c>error</c> for all there is, and whatever stands beside them may be lost.</summary>
    private static bool IsWhole(JsonElement value)
    {
        var members = 0;
        var special = false;
        foreach (var member in value.EnumerateObject())
        {
            members++;
            special |= member.NameEquals("output"u8) || member.NameEquals("error"u8);
        }

        return members == 1 || !special;
    }

    /// <summary>Whether every number comes out of a Struct as it is written: one that does not may be a version or an id, and the text keeps it.</summary>
    private static bool IsExact(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(property => IsExact(property.Value)),
        JsonValueKind.Array => value.EnumerateArray().All(IsExact),
        JsonValueKind.Number => IsKept(value),
        _ => true,
    };

    /// <summary>Whether a double is the same number: <c>21.0</c> is, a number of more digits than a double has is not.</summary>
    private static bool IsKept(JsonElement number)
    {
        if (number.TryGetInt64(out var whole))
        {
            return whole is >= -LargestExact and <= LargestExact;
        }

        Span<char> shortest = stackalloc char[32];
        return number.TryGetDecimal(out var written) && number.TryGetDouble(out var value) && Math.Abs(value) <= LargestExact
            && value.TryFormat(shortest, out var length, default, CultureInfo.InvariantCulture)
            && decimal.TryParse(shortest[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out var kept) && kept == written;
    }

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
