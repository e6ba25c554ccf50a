using System.Runtime.InteropServices;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;
using GeminiBalance.ProxyService.Translation.Responses;

namespace GeminiBalance.ProxyService.Translation.Streaming;

/// <summary>
/// Turns the events of one upstream stream into OpenAI's chunks. Holds what a stream must remember; does no I/O.
/// Gemini may put a finish reason on every event, so the finish chunk is written once, at the end.
/// </summary>
/// <param name="envelope">What frames every chunk.</param>
/// <param name="includeUsage">Whether the client asked for a usage chunk.</param>
internal sealed class ChatStream(AnswerEnvelope envelope, bool includeUsage) : IDisposable
{
    private readonly PooledBuffer head = new(256);
    private readonly List<Choice> choices = new(1);

    /// <summary>Whether any text or thought was written.</summary>
    public bool HasContent { get; private set; }

    /// <summary>The last usage reported; it counts up along the stream.</summary>
    public GeminiUsage? Usage { get; private set; }

    /// <summary>Translates one event.</summary>
    /// <param name="reply">The event.</param>
    /// <param name="json">The bytes it was read from.</param>
    /// <param name="target">Gets the chunks.</param>
    public void Write(GenerateContentReply reply, ReadOnlySpan<byte> json, PooledBuffer target)
    {
        Usage = reply.Usage ?? Usage;
        foreach (var candidate in CollectionsMarshal.AsSpan(reply.Candidates))
        {
            ref var choice = ref ChoiceOf(candidate.Index);
            if (candidate.FinishReason != FinishReason.Absent)
            {
                choice.FinishReason = candidate.FinishReason;
                choice.FinishMessage = candidate.FinishMessage ?? choice.FinishMessage;
            }

            foreach (var part in CollectionsMarshal.AsSpan(reply.Parts).Slice(candidate.FirstPart, candidate.PartCount))
            {
                WriteRole(ref choice, reply.ResponseId, target);
                BeginChunk(choice.Index, target);
                target.Append(part.Kind == GeminiPartKind.Thought ? "\"reasoning_content\":"u8 : "\"content\":"u8);
                target.Append(part.Text.In(json));
                EndChunk("null"u8, target);
                choice.HasContent = true;
                HasContent = true;
            }
        }
    }

    /// <summary>Judges the stream after its last event.</summary>
    /// <returns>The verdict of the first choice that is worth nothing, else of the first.</returns>
    public AnswerVerdict Judge()
    {
        AnswerVerdict? first = null;
        foreach (ref var choice in CollectionsMarshal.AsSpan(choices))
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
        foreach (ref var choice in CollectionsMarshal.AsSpan(choices))
        {
            WriteRole(ref choice, responseId, target);
            BeginChunk(choice.Index, target);
            EndChunk(JsonText.Quote(choice.Judge(Usage) is AnswerVerdict.Complete complete ? complete.FinishReason : "stop"), target);
        }

        if (includeUsage)
        {
            target.Append(head.WrittenSpan);
            target.Append("],\"usage\":"u8);
            UsageJson.Append(target, Usage);
            target.Append("}\n\n"u8);
        }
    }

    /// <inheritdoc />
    public void Dispose() => head.Dispose();

    private void WriteRole(ref Choice choice, string? responseId, PooledBuffer target)
    {
        if (choice.RoleWritten)
        {
            return;
        }

        choice.RoleWritten = true;
        if (head.Length == 0)
        {
            head.Append("data: "u8);
            envelope.Append(head, "chat.completion.chunk"u8, AnswerEnvelope.IdFor(responseId));
            head.Append(",\"choices\":["u8);
        }

        BeginChunk(choice.Index, target);
        target.Append("\"role\":\"assistant\",\"content\":\"\""u8);
        EndChunk("null"u8, target);
    }

    private void BeginChunk(int index, PooledBuffer target)
    {
        target.Append(head.WrittenSpan);
        target.Append("{\"index\":"u8);
        target.AppendNumber(index);
        target.Append(",\"delta\":{"u8);
    }

    private void EndChunk(ReadOnlySpan<byte> finishReason, PooledBuffer target)
    {
        target.Append("},\"logprobs\":null,\"finish_reason\":"u8);
        target.Append(finishReason);
        target.Append(includeUsage ? "}],\"usage\":null}\n\n"u8 : "}]}\n\n"u8);
    }

    private ref Choice ChoiceOf(int index)
    {
        foreach (ref var choice in CollectionsMarshal.AsSpan(choices))
        {
            if (choice.Index == index)
            {
                return ref choice;
            }
        }

        choices.Add(new Choice { Index = index });
        return ref CollectionsMarshal.AsSpan(choices)[^1];
    }

    private struct Choice
    {
        public int Index;
        public bool RoleWritten;
        public bool HasContent;
        public FinishReason FinishReason;
        public string? FinishMessage;

        public readonly AnswerVerdict Judge(GeminiUsage? usage) => FinishReasonTranslation.Judge(FinishReason, FinishMessage, HasContent, usage?.Thoughts ?? 0);
    }
}
