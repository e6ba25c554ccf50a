using System.Buffers;
using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads and checks the body of <c>POST /v1/embeddings</c> in one pass.</summary>
internal static class EmbeddingRequestReader
{
    private const int MaximumInputs = 2048;
    private const int MaximumDimensions = 3072;
    private const int LongestTaskType = 64;
    private const string DocumentTask = "RETRIEVAL_DOCUMENT";

    private static readonly string[] Fields = ["model", "input", "dimensions", "encoding_format", "task_type", "title", "user"];

    private static readonly SearchValues<char> TaskLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body, without a byte order mark.</param>
    /// <param name="error">Why it is refused; null when it is not.</param>
    /// <returns>The request, or null.</returns>
    public static EmbeddingRequest? Read(ReadOnlySpan<byte> body, out OpenAiError? error) => RequestDocument.Read(body, ReadFields, out error);

    private static EmbeddingRequest ReadFields(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        var request = new EmbeddingRequest();
        var seen = 0;
        Span<char> space = stackalloc char[64];
        while (FieldReading.NextName(ref reader))
        {
            ReadOnlySpan<char> name = space[..FieldReading.Name(ref reader, space)];
            var position = PositionOf(name);
            if (position >= 0 && (seen & (1 << position)) != 0)
            {
                throw FieldReading.Refuse(OpenAiError.InvalidJson($"The request body holds the field '{name}' twice."));
            }

            seen |= position < 0 ? 0 : 1 << position;
            ReadField(ref reader, name, request);
        }

        FieldReading.End(ref reader);
        Check(request, seen);
        return request;
    }

    private static void ReadField(ref Utf8JsonReader reader, scoped ReadOnlySpan<char> name, EmbeddingRequest request)
    {
        switch (name)
        {
            case "model":
                reader.Read();
                request.Model = reader.TokenType == JsonTokenType.String ? FieldReading.Text(ref reader, "model") : throw FieldReading.Refuse(OpenAiError.WrongType("model", "a string"));
                break;
            case "input":
                ReadInput(ref reader, request);
                break;
            case "dimensions":
                request.Dimensions = (int?)FieldReading.Integer(ref reader, "dimensions", 1, MaximumDimensions);
                break;
            case "encoding_format":
                request.Base64 = ReadFormat(ref reader);
                break;
            case "task_type":
                request.TaskType = ReadTaskType(ref reader);
                break;
            case "title":
                request.Title = FieldReading.OptionalSlice(ref reader, "title");
                break;
            case "user":
                FieldReading.OptionalText(ref reader, "user");
                break;
            default:
                reader.Read();
                reader.Skip();
                break;
        }
    }

    private static void ReadInput(ref Utf8JsonReader reader, EmbeddingRequest request)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            AddInput(ref reader, request, "input");
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("input", "a string or an array of strings"));
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (request.Inputs.Count == MaximumInputs)
            {
                throw FieldReading.Refuse(OpenAiError.Invalid("array_above_max_length", $"Invalid 'input': at most {MaximumInputs} texts are supported in one request.", "input"));
            }

            if (reader.TokenType is JsonTokenType.Number or JsonTokenType.StartArray)
            {
                throw FieldReading.Refuse(OpenAiError.Invalid("invalid_type", "Invalid type for 'input': token ids are not supported, since only the tokenizer that made them can read them. Send the texts as strings.", "input"));
            }

            if (reader.TokenType != JsonTokenType.String)
            {
                throw FieldReading.Refuse(OpenAiError.WrongType("input", "a string or an array of strings"));
            }

            AddInput(ref reader, request, $"input[{request.Inputs.Count}]");
        }

        if (request.Inputs.Count == 0)
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("empty_array", "Invalid 'input': at least one text is needed.", "input"));
        }
    }

    private static void AddInput(ref Utf8JsonReader reader, EmbeddingRequest request, string field)
    {
        var slice = FieldReading.Slice(ref reader, field);
        if (slice.IsEmptyString)
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("empty_string", $"Invalid '{field}': an empty text has no embedding.", field));
        }

        request.Inputs.Add(slice);
    }

    private static bool ReadFormat(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => false,
            JsonTokenType.String when reader.ValueTextEquals("float"u8) => false,
            JsonTokenType.String when reader.ValueTextEquals("base64"u8) => true,
            JsonTokenType.String => throw FieldReading.Refuse(OpenAiError.InvalidValue("encoding_format", "Invalid 'encoding_format': expected 'float' or 'base64'.")),
            _ => throw FieldReading.Refuse(OpenAiError.WrongType("encoding_format", "a string")),
        };
    }

    private static string? ReadTaskType(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("task_type", "a string"));
        }

        var text = FieldReading.Text(ref reader, "task_type");
        return text.Length is > 0 and <= LongestTaskType && !text.AsSpan().ContainsAnyExcept(TaskLetters)
            ? text
            : throw FieldReading.Refuse(OpenAiError.InvalidValue("task_type", "Invalid 'task_type': expected one of Gemini's words, for example 'RETRIEVAL_QUERY'."));
    }

    private static void Check(EmbeddingRequest request, int seen)
    {
        if ((seen & (1 << PositionOf("model"))) == 0)
        {
            throw FieldReading.Refuse(OpenAiError.Missing("model"));
        }

        if ((seen & (1 << PositionOf("input"))) == 0)
        {
            throw FieldReading.Refuse(OpenAiError.Missing("input"));
        }

        if (!request.Title.IsNone && request.TaskType != DocumentTask)
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue("title", $"Invalid 'title': only documents have one, so it needs 'task_type': '{DocumentTask}'."));
        }
    }

    private static int PositionOf(ReadOnlySpan<char> name)
    {
        for (var i = 0; i < Fields.Length; i++)
        {
            if (name.SequenceEqual(Fields[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
