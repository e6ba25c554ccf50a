using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads the calls of an assistant's message.</summary>
internal static class ToolCallReader
{
    private const int MaximumCalls = 512;
    private static readonly JsonElement NoArguments = JsonElement.Parse("{}"u8);

    /// <summary>Reads <c>tool_calls</c>.</summary>
    /// <param name="reader">Stands on the name.</param>
    /// <param name="body">The body being read.</param>
    /// <param name="request">Gets the calls.</param>
    /// <param name="message">Place of the message.</param>
    public static void ReadCalls(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ChatRequest request, int message)
    {
        var field = $"messages[{message}].tool_calls";
        var calls = FieldReading.Element(ref reader, body, field);
        if (calls.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (calls.ValueKind != JsonValueKind.Array)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(field, "an array of objects"));
        }

        if (calls.GetArrayLength() > MaximumCalls)
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("array_above_max_length", $"Invalid '{field}': at most {MaximumCalls} calls are supported.", field));
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var call in calls.EnumerateArray())
        {
            var path = $"{field}[{number++}]";
            if (call.ValueKind != JsonValueKind.Object)
            {
                throw FieldReading.Refuse(OpenAiError.WrongType(path, "an object"));
            }

            if (call.TryGetProperty("type", out var type) && type.ValueKind != JsonValueKind.Null && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("function"u8)))
            {
                throw FieldReading.Refuse(OpenAiError.InvalidValue($"{path}.type", "Only calls of type 'function' are supported."));
            }

            var id = ThoughtSignatureReading.CallId(Text(call, "id", path), out var appended);
            if (!ids.Add(id))
            {
                throw FieldReading.Refuse(OpenAiError.InvalidValue($"{path}.id", "Two calls of one message have the same id."));
            }

            if (!call.TryGetProperty("function", out var function) || function.ValueKind != JsonValueKind.Object)
            {
                throw FieldReading.Refuse(OpenAiError.Missing($"{path}.function"));
            }

            request.Calls.Add(Read(id, function, $"{path}.function") with { Signature = ThoughtSignatureReading.OfCall(call) ?? appended });
        }
    }

    /// <summary>Reads <c>function_call</c>, the older form of a single call.</summary>
    /// <inheritdoc cref="ReadCalls" path="/param"/>
    public static void ReadFunctionCall(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, ChatRequest request, int message)
    {
        var field = $"messages[{message}].function_call";
        var function = FieldReading.Element(ref reader, body, field);
        if (function.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (function.ValueKind != JsonValueKind.Object)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(field, "an object"));
        }

        // The older form has no ids: the result names the function.
        request.Calls.Add(Read(Text(function, "name", field), function, field));
    }

    private static ToolCall Read(string id, JsonElement function, string path)
    {
        var name = Text(function, "name", path);
        if (!FunctionNames.IsValid(name))
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue($"{path}.name", $"Invalid '{path}.name': {FunctionNames.Rule}"));
        }

        return new ToolCall(id, name, Arguments(function, path + ".arguments"));
    }

    private static JsonElement Arguments(JsonElement function, string path)
    {
        if (!function.TryGetProperty("arguments", out var arguments) || arguments.ValueKind == JsonValueKind.Null)
        {
            return NoArguments;
        }

        // Some clients send the object itself.
        if (arguments.ValueKind == JsonValueKind.Object)
        {
            return arguments;
        }

        if (arguments.ValueKind != JsonValueKind.String)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType(path, "a string with a JSON object"));
        }

        var text = arguments.GetString()!;
        if (string.IsNullOrWhiteSpace(text))
        {
            return NoArguments;
        }

        try
        {
            var parsed = JsonElement.Parse(text, FieldReading.Strict);
            if (parsed.ValueKind == JsonValueKind.Object && FieldReading.IsUnicode(parsed))
            {
                return parsed;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Told below; half of a surrogate pair in a name is the second kind.
        }

        throw FieldReading.Refuse(OpenAiError.InvalidValue(path, $"Invalid '{path}': expected a JSON object as a string."));
    }

    private static string Text(JsonElement holder, string name, string path)
    {
        if (!holder.TryGetProperty(name, out var value))
        {
            throw FieldReading.Refuse(OpenAiError.Missing($"{path}.{name}"));
        }

        return value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw FieldReading.Refuse(OpenAiError.WrongType($"{path}.{name}", "a string that is not empty"));
    }
}
