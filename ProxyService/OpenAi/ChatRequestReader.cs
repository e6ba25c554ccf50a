using System.Text.Json;

namespace GeminiBalance.ProxyService.OpenAi;

/// <summary>Reads and checks the body of <c>POST /v1/chat/completions</c> in one pass.</summary>
internal static class ChatRequestReader
{
    private const int MaximumStops = 5;

    /// <summary>Reads a request.</summary>
    /// <param name="body">The whole body, without a byte order mark.</param>
    /// <param name="error">Why it is refused; null when it is not.</param>
    /// <returns>The request, or null.</returns>
    public static ChatRequest? Read(ReadOnlySpan<byte> body, out OpenAiError? error) => RequestDocument.Read(body, ReadFields, out error);

    private static ChatRequest ReadFields(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        var request = new ChatRequest();
        var seen = default(Seen);
        Span<char> space = stackalloc char[64];
        while (FieldReading.NextName(ref reader))
        {
            ReadOnlySpan<char> name = space[..FieldReading.Name(ref reader, space)];
            seen.Note(name);
            ReadField(ref reader, body, name, request, ref seen);
        }

        FieldReading.End(ref reader);
        Check(request, in seen);
        return request;
    }

    private static void ReadField(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, scoped ReadOnlySpan<char> name, ChatRequest request, ref Seen seen)
    {
        switch (name)
        {
            case "model":
                reader.Read();
                request.Model = reader.TokenType == JsonTokenType.String ? FieldReading.Text(ref reader, "model") : throw FieldReading.Refuse(OpenAiError.WrongType("model", "a string"));
                break;
            case "messages":
                ChatMessageReader.Read(ref reader, body, request);
                break;
            case "temperature":
                request.Temperature = FieldReading.Number(ref reader, "temperature", 0, 2);
                break;
            case "top_p":
                request.TopP = FieldReading.Number(ref reader, "top_p", 0, 1);
                break;
            case "top_k":
                request.TopK = ChatOptionReading.TopK(FieldReading.Integer(ref reader, "top_k", int.MinValue, int.MaxValue), request);
                break;
            case "max_tokens":
                var limit = (int?)FieldReading.Integer(ref reader, "max_tokens", 1, int.MaxValue);
                request.MaxTokens ??= limit;
                break;
            case "max_completion_tokens":
                request.MaxTokens = (int?)FieldReading.Integer(ref reader, "max_completion_tokens", 1, int.MaxValue) ?? request.MaxTokens;
                break;
            case "presence_penalty":
                request.PresencePenalty = FieldReading.Number(ref reader, "presence_penalty", -2, 2);
                break;
            case "frequency_penalty":
                request.FrequencyPenalty = FieldReading.Number(ref reader, "frequency_penalty", -2, 2);
                break;
            case "seed":
                request.Seed = FieldReading.Integer(ref reader, "seed", long.MinValue, long.MaxValue);
                break;
            case "stop":
                ReadStop(ref reader, request);
                break;
            case "stream":
                request.Stream = FieldReading.Boolean(ref reader, "stream") ?? false;
                break;
            case "stream_options":
                seen.StreamOptions = ReadStreamOptions(ref reader, request);
                break;
            case "reasoning_effort":
                reader.Read();
                request.Effort = ChatOptionReading.Effort(ref reader, "reasoning_effort") ?? request.Effort;
                break;
            case "reasoning":
                seen.Reasoning = ReasoningReader.Read(FieldReading.Element(ref reader, body, "reasoning"), request);
                break;
            case "input":
                reader.Read();
                reader.Skip();
                break;
            case "prompt_cache_key":
                request.AffinityHint = FieldReading.OptionalText(ref reader, "prompt_cache_key") ?? request.AffinityHint;
                break;
            case "user" or "safety_identifier":
                var hint = FieldReading.OptionalText(ref reader, name.ToString());
                request.AffinityHint ??= hint;
                break;
            default:
                RareFields.Read(ref reader, body, name, request, ref seen.Choice);
                break;
        }
    }

    private static void ReadStop(ref Utf8JsonReader reader, ChatRequest request)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.String:
                AddStop(ref reader, request, "stop");
                return;
            case JsonTokenType.StartArray:
                for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                {
                    if (reader.TokenType != JsonTokenType.String)
                    {
                        throw FieldReading.Refuse(OpenAiError.WrongType($"stop[{i}]", "a string"));
                    }

                    AddStop(ref reader, request, $"stop[{i}]");
                }

                break;
            default:
                throw FieldReading.Refuse(OpenAiError.WrongType("stop", "a string or an array of strings"));
        }

        if (request.Stop.Count > MaximumStops)
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("array_above_max_length", $"Invalid 'stop': at most {MaximumStops} sequences are supported.", "stop"));
        }
    }

    private static void AddStop(ref Utf8JsonReader reader, ChatRequest request, string field)
    {
        var slice = FieldReading.Slice(ref reader, field);
        if (!slice.IsEmptyString)
        {
            request.Stop.Add(slice);
        }
    }

    private static bool ReadStreamOptions(ref Utf8JsonReader reader, ChatRequest request)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return false;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw FieldReading.Refuse(OpenAiError.WrongType("stream_options", "an object"));
        }

        while (FieldReading.NextName(ref reader))
        {
            if (reader.ValueTextEquals("include_usage"u8))
            {
                request.IncludeUsage = FieldReading.Boolean(ref reader, "stream_options.include_usage") ?? false;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return true;
    }

    private static void Check(ChatRequest request, in Seen seen)
    {
        if (!seen.Has("model"))
        {
            throw FieldReading.Refuse(OpenAiError.Missing("model"));
        }

        if (!seen.Has("messages"))
        {
            throw FieldReading.Refuse(seen.Has("input")
                ? OpenAiError.Invalid("invalid_body", "This is a request for the Responses API ('input'), sent to the Chat Completions endpoint. Send 'messages' instead, or set your client to Chat Completions.", "input")
                : OpenAiError.Missing("messages"));
        }

        seen.Reasoning.ApplyTo(request);
        ToolPairing.Check(request);
        ToolChoiceReader.Check(request.Tools, seen.Choice);
        if (request.TopLogProbabilities is not null && !request.LogProbabilities)
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is true."));
        }

        if (request.Effort is not null && (request.Google.ThinkingBudget is not null || request.Google.ThinkingLevel is not null))
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue("reasoning_effort", "Give 'reasoning_effort' or a thinking budget or level under 'google', not both."));
        }

        if (request.Messages.Count == 0)
        {
            throw FieldReading.Refuse(OpenAiError.Invalid("empty_array", "Invalid 'messages': at least one message with content is needed.", "messages"));
        }

        if (seen.StreamOptions && !request.Stream)
        {
            throw FieldReading.Refuse(OpenAiError.InvalidValue("stream_options", "'stream_options' is only allowed when 'stream' is true."));
        }
    }

    /// <summary>Which known fields there were: a field that comes twice is refused, for readers disagree on which one counts.</summary>
    private struct Seen
    {
        private ulong fields;

        /// <summary>The field that chose among the tools.</summary>
        public string? Choice;

        /// <summary>What <c>reasoning</c> says, for what no other field says.</summary>
        public ReasoningOptions Reasoning { get; set; }

        public bool StreamOptions { get; set; }

        public void Note(ReadOnlySpan<char> name)
        {
            var bit = ChatFields.BitOf(name);
            if ((fields & bit) != 0)
            {
                throw FieldReading.Refuse(OpenAiError.InvalidJson($"The request body holds the field '{name}' twice."));
            }

            fields |= bit;
        }

        public readonly bool Has(string name) => (fields & ChatFields.BitOf(name)) != 0;
    }
}
