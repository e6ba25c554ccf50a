using System.Diagnostics;
using System.Text.Json;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads the value of one field, the reader standing on its name, and refuses values of another type or out of range.</summary>
internal static class FieldReading
{
    private const int LongestKnownName = 64;

    /// <summary>How values are parsed that are taken in whole: readers disagree on which of two equal names counts, so both are refused.</summary>
    public static JsonDocumentOptions Strict => new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>
    /// Goes to the next name of an object, or to its end. Where neither comes the value before was not read to its end, or too far: that is our mistake, and told
    /// as one, for what stands behind would else be lost without a word.
    /// </summary>
    /// <param name="reader">Stands on the opening brace, or at the end of a member's value.</param>
    /// <returns>False at the end.</returns>
    public static bool NextName(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.PropertyName => true,
            JsonTokenType.EndObject => false,
            var token => throw new UnreachableException($"A field was not read as far as its value goes: {token} follows it."),
        };
    }

    /// <summary>Ends the reading of a whole body; what the client wrote behind its object is an error of the client's.</summary>
    /// <param name="reader">Stands on the closing brace.</param>
    public static void End(ref Utf8JsonReader reader)
    {
        if (reader.Read())
        {
            throw new UnreachableException($"Fields of the body were left unread: {reader.TokenType} follows.");
        }
    }

    /// <summary>Copies the name the reader stands on, unescaped; nothing when it is longer than any known name.</summary>
    /// <param name="reader">Stands on a property name.</param>
    /// <param name="space">At least 64 characters.</param>
    /// <returns>Its length.</returns>
    public static int Name(ref Utf8JsonReader reader, scoped Span<char> space) =>
        reader.ValueSpan.Length > LongestKnownName || HasLoneSurrogate(ref reader) ? 0 : reader.CopyString(space);

    /// <summary>A number within bounds, or null.</summary>
    public static double? Number(ref Utf8JsonReader reader, string field, double minimum, double maximum)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetDouble(out var value))
        {
            throw Refuse(OpenAiError.WrongType(field, "a number"));
        }

        if (value < minimum)
        {
            throw Refuse(OpenAiError.Invalid("decimal_below_min_value", $"Invalid '{field}': expected a value of at least {minimum}.", field));
        }

        return value > maximum ? throw Refuse(OpenAiError.Invalid("decimal_above_max_value", $"Invalid '{field}': expected a value of at most {maximum}.", field)) : value;
    }

    /// <summary>A whole number within bounds, or null.</summary>
    public static long? Integer(ref Utf8JsonReader reader, string field, long minimum, long maximum)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0)
        {
            throw Refuse(OpenAiError.WrongType(field, "an integer"));
        }

        var negative = reader.ValueSpan[0] == '-';
        if (!reader.TryGetInt64(out var value))
        {
            value = negative ? long.MinValue : long.MaxValue;
        }

        if (value < minimum)
        {
            throw Refuse(OpenAiError.Invalid("integer_below_min_value", $"Invalid '{field}': expected a value of at least {minimum}.", field));
        }

        return value > maximum ? throw Refuse(OpenAiError.Invalid("integer_above_max_value", $"Invalid '{field}': expected a value of at most {maximum}.", field)) : value;
    }

    /// <summary>True or false, or null.</summary>
    public static bool? Boolean(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False => false,
            JsonTokenType.Null => null,
            _ => throw Refuse(OpenAiError.WrongType(field, "a boolean")),
        };
    }

    /// <summary>The string the reader stands on, as a slice of the body.</summary>
    public static JsonSlice Slice(ref Utf8JsonReader reader, FieldPath path)
    {
        if (HasLoneSurrogate(ref reader))
        {
            var field = path.ToString();
            throw Refuse(OpenAiError.Invalid("invalid_unicode", $"Invalid '{field}': it holds half of a surrogate pair, which is no Unicode text.", field));
        }

        return new JsonSlice((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
    }

    /// <summary>The string the reader stands on, decoded.</summary>
    public static string Text(ref Utf8JsonReader reader, FieldPath field)
    {
        Slice(ref reader, field);
        return reader.GetString()!;
    }

    /// <summary>The string that is the value of the name the reader stands on.</summary>
    public static JsonSlice RequiredSlice(ref Utf8JsonReader reader, FieldPath field)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.String ? Slice(ref reader, field) : throw Refuse(OpenAiError.WrongType(field.ToString(), "a string"));
    }

    /// <summary>The string that is the value of the name the reader stands on; none when it is null.</summary>
    public static JsonSlice OptionalSlice(ref Utf8JsonReader reader, FieldPath field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => default,
            JsonTokenType.String => Slice(ref reader, field),
            _ => throw Refuse(OpenAiError.WrongType(field.ToString(), "a string")),
        };
    }

    /// <summary>The string that is the value of the name the reader stands on, decoded.</summary>
    public static string RequiredText(ref Utf8JsonReader reader, FieldPath field)
    {
        RequiredSlice(ref reader, field);
        return reader.GetString()!;
    }

    /// <summary>The string that is the value of the name the reader stands on, decoded; null when it is null.</summary>
    public static string? OptionalText(ref Utf8JsonReader reader, FieldPath field)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => Text(ref reader, field),
            _ => throw Refuse(OpenAiError.WrongType(field.ToString(), "a string")),
        };
    }

    /// <summary>The value of the name the reader stands on, taken in whole.</summary>
    /// <param name="reader">Stands on a property name.</param>
    /// <param name="body">What the reader reads.</param>
    /// <param name="field">Where it stands.</param>
    public static JsonElement Element(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, string field)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var raw = body[start..(int)reader.BytesConsumed];
        if (JsonText.HasLoneSurrogate(raw))
        {
            throw Refuse(OpenAiError.Invalid("invalid_unicode", $"Invalid '{field}': it holds half of a surrogate pair, which is no Unicode text.", field));
        }

        try
        {
            return JsonElement.Parse(raw, Strict);
        }
        catch (JsonException)
        {
            throw Refuse(OpenAiError.InvalidJson($"'{field}' holds a field twice."));
        }
    }

    /// <summary>Whether every text within a value is Unicode.</summary>
    public static bool IsUnicode(JsonElement element) => !JsonText.HasLoneSurrogate(System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(element));

    /// <summary>Skips a value; tells whether it says anything: null, <c>false</c>, <c>[]</c> and <c>{}</c> do not.</summary>
    public static bool SkipAndTellWhetherSet(ref Utf8JsonReader reader)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null or JsonTokenType.False:
                return false;
            case JsonTokenType.StartArray or JsonTokenType.StartObject:
                var depth = reader.CurrentDepth;
                reader.Read();
                var empty = reader.CurrentDepth == depth;
                while (reader.CurrentDepth > depth)
                {
                    reader.Read();
                }

                return !empty;
            default:
                return true;
        }
    }

    /// <summary>Makes a refusal to throw.</summary>
    public static RequestRefusedException Refuse(OpenAiError error) => new(error);

    private static bool HasLoneSurrogate(ref Utf8JsonReader reader) => reader.ValueIsEscaped && JsonText.HasLoneSurrogate(reader.ValueSpan);
}
