using System.Runtime.InteropServices;
using GeminiBalance.ProxyService.Gemini;
using GeminiBalance.ProxyService.Json;

namespace GeminiBalance.ProxyService.Translation.Responses;

/// <summary>Writes a whole answer of Gemini as OpenAI's <c>chat.completion</c>.</summary>
internal static class ChatCompletionWriter
{
    /// <summary>Judges a whole answer that has candidates.</summary>
    /// <returns>The verdict of the first candidate that is worth nothing, else of the first.</returns>
    public static AnswerVerdict Judge(GenerateContentReply reply)
    {
        AnswerVerdict? first = null;
        foreach (var candidate in CollectionsMarshal.AsSpan(reply.Candidates))
        {
            var verdict = FinishReasonTranslation.Judge(candidate.FinishReason, candidate.FinishMessage, candidate.PartCount > 0, reply.Usage?.Thoughts ?? 0);
            if (verdict is AnswerVerdict.Empty)
            {
                return verdict;
            }

            first ??= verdict;
        }

        return first ?? new AnswerVerdict.Empty("empty_response", null);
    }

    /// <summary>Writes the answer.</summary>
    /// <param name="reply">An answer that is worth something.</param>
    /// <param name="json">The bytes it was read from.</param>
    /// <param name="envelope">What frames it.</param>
    /// <param name="target">Gets the JSON.</param>
    public static void Write(GenerateContentReply reply, ReadOnlySpan<byte> json, AnswerEnvelope envelope, PooledBuffer target)
    {
        envelope.Append(target, "chat.completion"u8, AnswerEnvelope.IdFor(reply.ResponseId));
        target.Append(",\"choices\":["u8);
        var separate = false;
        foreach (var candidate in CollectionsMarshal.AsSpan(reply.Candidates))
        {
            if (separate)
            {
                target.Append(","u8);
            }

            separate = true;
            WriteChoice(reply, json, candidate, target);
        }

        target.Append("],\"usage\":"u8);
        UsageJson.Append(target, reply.Usage);
        target.Append("}"u8);
    }

    private static void WriteChoice(GenerateContentReply reply, ReadOnlySpan<byte> json, GeminiCandidate candidate, PooledBuffer target)
    {
        target.Append("{\"index\":"u8);
        target.AppendNumber(candidate.Index);
        target.Append(",\"message\":{\"role\":\"assistant\",\"content\":\""u8);
        var parts = CollectionsMarshal.AsSpan(reply.Parts).Slice(candidate.FirstPart, candidate.PartCount);
        AppendTexts(parts, GeminiPartKind.Text, json, target);
        target.Append("\",\"refusal\":null"u8);
        if (HasThought(parts))
        {
            target.Append(",\"reasoning_content\":\""u8);
            AppendTexts(parts, GeminiPartKind.Thought, json, target);
            target.Append("\""u8);
        }

        var verdict = FinishReasonTranslation.Judge(candidate.FinishReason, candidate.FinishMessage, candidate.PartCount > 0, reply.Usage?.Thoughts ?? 0);
        target.Append("},\"logprobs\":null,\"finish_reason\":"u8);
        target.Append(JsonText.Quote(verdict is AnswerVerdict.Complete complete ? complete.FinishReason : "stop"));
        target.Append("}"u8);
    }

    /// <summary>Joins texts as they stand: what lies between the quotes of two JSON strings makes one JSON string.</summary>
    private static void AppendTexts(ReadOnlySpan<GeminiPart> parts, GeminiPartKind kind, ReadOnlySpan<byte> json, PooledBuffer target)
    {
        foreach (var part in parts)
        {
            if (part.Kind == kind)
            {
                target.Append(part.Text.InnerIn(json));
            }
        }
    }

    private static bool HasThought(ReadOnlySpan<GeminiPart> parts)
    {
        foreach (var part in parts)
        {
            if (part.Kind == GeminiPartKind.Thought)
            {
                return true;
            }
        }

        return false;
    }
}
