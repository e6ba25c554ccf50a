using System.Runtime.InteropServices;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Translation.Streaming;

/// <summary>
/// Turns the events of one upstream stream into OpenAI's chunks: what it has seen so far and one event make what it has seen then, and chunks.
/// Does no I/O. Gemini may put a finish reason on every event, so the finish chunk is written once, at the end.
/// </summary>
/// <param name="shape">How the answer must look.</param>
internal sealed class StreamTranslator(AnswerShape shape) : IDisposable
{
    private const int BytesOfCallId = 128;
    private const int BytesOfChoice = 1024;

    /// <summary>What all chunks begin with and, behind <see cref="sharedHead"/>, how that goes on in those of choice 0.</summary>
    private readonly PooledBuffer head = new(256);
    private readonly List<StreamedChoice> choices = new(1);
    private readonly HashSet<string> callIds = new(StringComparer.Ordinal);
    private int sharedHead;
    private long signedBytes;

    /// <summary>Whether anything a client can see was written.</summary>
    public bool HasContent { get; private set; }

    /// <summary>Bytes of texts, thoughts and arguments written.</summary>
    public int ContentBytes { get; private set; }

    /// <summary>The last usage reported; it counts up along the stream.</summary>
    public GeminiUsage? Usage { get; private set; }

    /// <summary>The calls written so far that carry a signature; after the end, answers without calls too.</summary>
    public List<SignedCall> Signed { get; } = [];

    /// <summary>Bytes kept in memory until the end, about: texts for annotations, metadata, signatures, ids of calls, choices. The caller sets the limit.</summary>
    public long Kept
    {
        get
        {
            var sum = signedBytes + ((long)callIds.Count * BytesOfCallId) + ((long)choices.Count * BytesOfChoice);
            foreach (var choice in choices)
            {
                sum += choice.Kept;
            }

            return sum;
        }
    }

    /// <summary>Whether every choice said how it ended.</summary>
    public bool HasEnded => choices.Count > 0 && choices.TrueForAll(choice => choice.HasEnded);

    /// <summary>Translates one event.</summary>
    /// <param name="reply">The event.</param>
    /// <param name="json">The bytes it was read from.</param>
    /// <param name="target">Gets the chunks.</param>
    public void Write(GenerateContentReply reply, ReadOnlySpan<byte> json, PooledBuffer target)
    {
        Usage = reply.Usage ?? Usage;
        foreach (var candidate in CollectionsMarshal.AsSpan(reply.Candidates))
        {
            var choice = ChoiceOf(candidate.Index);
            choice.Note(candidate, json);
            var logProbabilities = candidate.Metadata.LogProbabilities;
            foreach (var part in CollectionsMarshal.AsSpan(reply.Parts).Slice(candidate.FirstPart, candidate.PartCount))
            {
                if (!part.Signature.IsNone && (part.Kind != GeminiPartKind.FunctionCall || shape.UsesFunctions))
                {
                    choice.KeepSignature(part, json);
                }

                if (part.Kind == GeminiPartKind.ServerTool)
                {
                    choice.KeepServerTool(part, json);
                    continue;
                }

                if (part.Value.IsNone && part.Kind != GeminiPartKind.FunctionCall && part.Kind != GeminiPartKind.CodeOutput)
                {
                    continue;
                }

                if (part.Kind == GeminiPartKind.FunctionCall && choice.Calls > 0 && !shape.Parallel)
                {
                    continue;
                }

                WriteRole(choice, reply.ResponseId, target);
                BeginChunk(choice.Index, target);
                WriteDelta(choice, part, json, target);
                EndChunk(logProbabilities.In(json), target);
                logProbabilities = default;
                ContentBytes += part.Value.In(json).Length;
                HasContent = true;
            }
        }
    }

    /// <summary>Notes that the upstream has blocked the prompt after all: the choices end here, filtered.</summary>
    public void Block()
    {
        foreach (var choice in choices)
        {
            choice.Block();
        }
    }

    /// <summary>Judges the stream after its last event.</summary>
    /// <returns>The verdict of the first choice that is worth nothing, else of the first.</returns>
    public AnswerVerdict Judge()
    {
        AnswerVerdict? first = null;
        foreach (var choice in choices)
        {
            var verdict = choice.Judge(Usage);
            if (verdict is AnswerVerdict.Empty)
            {
                return verdict;
            }

            first ??= verdict;
        }

        return first ?? new AnswerVerdict.Empty("empty_response", null);
    }

    /// <summary>Writes the finish chunks and, if asked for, the usage chunk. The end mark is not written.</summary>
    /// <param name="responseId">The upstream's id, for a stream without any content.</param>
    /// <param name="target">Gets the chunks.</param>
    public void Finish(string? responseId, PooledBuffer target)
    {
        foreach (var choice in choices)
        {
            WriteRole(choice, responseId, target);
            BeginChunk(choice.Index, target);
            choice.AppendEnd(target, Signed);
            target.Append("},\"logprobs\":null,\"finish_reason\":"u8);
            target.Append(JsonText.Quote(shape.FinishReason(choice.Judge(Usage) is AnswerVerdict.Complete complete ? complete.FinishReason : "stop")));
            if (shape.Request.Google.IncludeMetadata)
            {
                choice.AppendMetadata(target);
            }

            target.Append(shape.IncludeUsage ? "}],\"usage\":null}\n\n"u8 : "}]}\n\n"u8);
        }

        if (shape.IncludeUsage)
        {
            target.Append(head.WrittenSpan[..sharedHead]);
            target.Append("],\"usage\":"u8);
            UsageJson.Append(target, Usage);
            target.Append("}\n\n"u8);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        head.Dispose();
        foreach (var choice in choices)
        {
            choice.Dispose();
        }
    }

    private void WriteDelta(StreamedChoice choice, GeminiPart part, ReadOnlySpan<byte> json, PooledBuffer target)
    {
        switch (part.Kind)
        {
            case GeminiPartKind.FunctionCall:
                WriteCall(choice, part, json, target);
                break;
            case GeminiPartKind.Thought:
                target.Append("\"reasoning_content\":"u8);
                target.Append(part.Value.In(json));
                choice.Content |= AnswerContent.Shown;
                break;
            case GeminiPartKind.Media when PartJson.IsImage(part, json):
                target.Append("\"images\":["u8);
                PartJson.AppendImage(target, part, json, choice.Images++);
                target.Append("]"u8);
                choice.Content |= AnswerContent.Shown;
                break;
            case GeminiPartKind.Media:
                target.Append("\"audio\":{\"data\":"u8);
                target.Append(part.Value.In(json));
                target.Append("}"u8);
                choice.Content |= AnswerContent.Shown;
                break;
            default:
                target.Append("\"content\":\""u8);
                PartJson.AppendContent(target, part, json);
                target.Append("\""u8);
                choice.Keep(part, json);
                choice.Content |= AnswerContent.Shown;
                break;
        }
    }

    private void WriteCall(StreamedChoice choice, GeminiPart part, ReadOnlySpan<byte> json, PooledBuffer target)
    {
        choice.Content |= AnswerContent.Calls;
        if (shape.UsesFunctions)
        {
            target.Append("\"function_call\":"u8);
            ToolCallJson.AppendFunction(target, part, json, shape);
            choice.Calls++;
            return;
        }

        target.Append("\"tool_calls\":["u8);
        var call = ToolCallJson.Append(target, part, json, shape, callIds, choice.Calls++);
        choice.FirstCall ??= call;
        if (call.IsWorthKeeping)
        {
            Signed.Add(call);
            signedBytes += part.Signature.Length + BytesOfCallId;
        }

        target.Append("]"u8);
    }

    private void WriteRole(StreamedChoice choice, string? responseId, PooledBuffer target)
    {
        if (choice.RoleWritten)
        {
            return;
        }

        choice.RoleWritten = true;
        if (head.Length == 0)
        {
            head.Append("data: "u8);
            shape.Envelope.Append(head, "chat.completion.chunk"u8, AnswerEnvelope.IdFor(responseId));
            head.Append(",\"choices\":["u8);
            sharedHead = head.Length;
            head.Append("{\"index\":0,\"delta\":{"u8);
        }

        BeginChunk(choice.Index, target);
        target.Append("\"role\":\"assistant\",\"content\":\"\""u8);
        EndChunk(default, target);
    }

    private void BeginChunk(int index, PooledBuffer target)
    {
        if (index == 0)
        {
            target.Append(head.WrittenSpan);
            return;
        }

        target.Append(head.WrittenSpan[..sharedHead]);
        target.Append("{\"index\":"u8);
        target.AppendNumber(index);
        target.Append(",\"delta\":{"u8);
    }

    /// <summary>Ends a chunk that is not its choice's last.</summary>
    private void EndChunk(ReadOnlySpan<byte> logProbabilities, PooledBuffer target)
    {
        var plain = shape.IncludeUsage ? "},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n"u8 : "},\"logprobs\":null,\"finish_reason\":null}]}\n\n"u8;
        if (logProbabilities.IsEmpty)
        {
            target.Append(plain);
            return;
        }

        target.Append("},\"logprobs\":"u8);
        LogProbabilitiesJson.Append(target, logProbabilities);
        target.Append(plain["},\"logprobs\":null"u8.Length..]);
    }

    private StreamedChoice ChoiceOf(int index)
    {
        foreach (var choice in choices)
        {
            if (choice.Index == index)
            {
                return choice;
            }
        }

        var added = new StreamedChoice(index);
        choices.Add(added);
        return added;
    }
}
