using System.Runtime.InteropServices;
using System.Text;
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
            var verdict = Judge(reply, candidate);
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
    /// <param name="shape">How it must look.</param>
    /// <param name="target">Gets the JSON.</param>
    /// <param name="signed">Gets the calls that carry a signature.</param>
    public static void Write(GenerateContentReply reply, ReadOnlySpan<byte> json, AnswerShape shape, PooledBuffer target, List<SignedCall> signed)
    {
        shape.Envelope.Append(target, "chat.completion"u8, AnswerEnvelope.IdFor(reply.ResponseId));
        target.Append(",\"choices\":["u8);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var separate = false;
        foreach (var candidate in CollectionsMarshal.AsSpan(reply.Candidates))
        {
            target.Append(separate ? ",{\"index\":"u8 : "{\"index\":"u8);
            separate = true;
            target.AppendNumber(candidate.Index);
            WriteMessage(reply, json, candidate, shape, target, signed, ids);
            target.Append(",\"logprobs\":"u8);
            LogProbabilitiesJson.Append(target, candidate.Metadata.LogProbabilities.In(json));
            target.Append(",\"finish_reason\":"u8);
            target.Append(JsonText.Quote(shape.FinishReason(Judge(reply, candidate) is AnswerVerdict.Complete complete ? complete.FinishReason : "stop")));
            if (shape.Request.Google.IncludeMetadata)
            {
                MetadataJson.Append(target, candidate.Metadata, json);
            }

            target.Append("}"u8);
        }

        target.Append("],\"usage\":"u8);
        UsageJson.Append(target, reply.Usage);
        target.Append("}"u8);
    }

    /// <summary>What some parts hold.</summary>
    public static AnswerContent ContentOf(ReadOnlySpan<GeminiPart> parts)
    {
        var content = AnswerContent.None;
        foreach (var part in parts)
        {
            // A part may be there for its signature alone.
            content |= part.Kind switch
            {
                GeminiPartKind.FunctionCall => AnswerContent.Calls,
                GeminiPartKind.ServerTool => AnswerContent.None,
                _ => part.Value.IsNone && part.Name.IsNone ? AnswerContent.None : AnswerContent.Shown,
            };
        }

        return content;
    }

    private static AnswerVerdict Judge(GenerateContentReply reply, GeminiCandidate candidate) =>
        FinishReasonTranslation.Judge(candidate.FinishReason, candidate.FinishMessage, ContentOf(PartsOf(reply, candidate)), reply.Usage?.Thoughts ?? 0);

    private static void WriteMessage(GenerateContentReply reply, ReadOnlySpan<byte> json, GeminiCandidate candidate, AnswerShape shape, PooledBuffer target, List<SignedCall> signed, HashSet<string> ids)
    {
        var parts = PartsOf(reply, candidate);
        using var content = new PooledBuffer();
        using var serverTools = ServerToolsOf(parts, json);
        var starts = new List<int>(parts.Length);
        bool calls = false, thoughts = false, images = false, sounds = false;
        foreach (var part in parts)
        {
            starts.Add(content.Length);
            calls |= part.Kind == GeminiPartKind.FunctionCall;
            thoughts |= part.Kind == GeminiPartKind.Thought;
            images |= part.Kind == GeminiPartKind.Media && PartJson.IsImage(part, json);
            sounds |= part.Kind == GeminiPartKind.Media && !PartJson.IsImage(part, json);
            if (PartJson.IsContent(part.Kind))
            {
                PartJson.AppendContent(content, part, json);
            }
        }

        target.Append(",\"message\":{\"role\":\"assistant\",\"content\":"u8);
        if (content.Length == 0 && (calls || sounds))
        {
            target.Append("null"u8);
        }
        else
        {
            target.Append("\""u8);
            target.Append(content.WrittenSpan);
            target.Append("\""u8);
        }

        target.Append(",\"refusal\":null"u8);
        if (thoughts)
        {
            WriteThoughts(parts, json, target);
        }

        if (calls)
        {
            WriteCalls(parts, json, shape, target, signed, ids, serverTools.WrittenSpan);
        }

        if (images)
        {
            WriteImages(parts, json, target);
        }

        if (sounds)
        {
            target.Append(",\"audio\":"u8);
            AudioJson.Append(target, parts, json, shape.Request.Audio?.Format == "wav", shape.Envelope.Created);
        }

        Annotations.Append(target, content.WrittenSpan, starts, candidate.Metadata.Grounding.In(json), candidate.Metadata.Citations.In(json));
        WriteExtra(parts, json, shape, calls, content.WrittenSpan, target, signed, serverTools.WrittenSpan);
        target.Append("}"u8);
    }

    /// <summary>Joins texts as they stand: what lies between the quotes of two JSON strings makes one JSON string.</summary>
    private static void WriteThoughts(ReadOnlySpan<GeminiPart> parts, ReadOnlySpan<byte> json, PooledBuffer target)
    {
        target.Append(",\"reasoning_content\":\""u8);
        foreach (var part in parts)
        {
            if (part.Kind == GeminiPartKind.Thought)
            {
                target.Append(part.Value.InnerIn(json));
            }
        }

        target.Append("\""u8);
    }

    private static void WriteCalls(ReadOnlySpan<GeminiPart> parts, ReadOnlySpan<byte> json, AnswerShape shape, PooledBuffer target, List<SignedCall> signed, HashSet<string> ids, ReadOnlySpan<byte> serverTools)
    {
        target.Append(shape.UsesFunctions ? ",\"function_call\":"u8 : ",\"tool_calls\":["u8);
        var separate = false;
        foreach (var part in parts)
        {
            if (part.Kind != GeminiPartKind.FunctionCall || (separate && !shape.Parallel))
            {
                continue;
            }

            target.Append(separate ? ","u8 : default);
            if (shape.UsesFunctions)
            {
                ToolCallJson.AppendFunction(target, part, json, shape);
            }
            else
            {
                // What happened before the calls is found again by the first of them.
                var call = ToolCallJson.Append(target, part, json, shape, ids, index: null);
                call = separate || serverTools.IsEmpty ? call : call with { ServerTools = Encoding.UTF8.GetString(serverTools) };
                if (call.IsWorthKeeping)
                {
                    signed.Add(call);
                }
            }

            separate = true;
        }

        target.Append(shape.UsesFunctions ? default : "]"u8);
    }

    private static void WriteImages(ReadOnlySpan<GeminiPart> parts, ReadOnlySpan<byte> json, PooledBuffer target)
    {
        target.Append(",\"images\":["u8);
        var separate = false;
        foreach (var part in parts)
        {
            if (part.Kind == GeminiPartKind.Media && PartJson.IsImage(part, json))
            {
                target.Append(separate ? ","u8 : default);
                PartJson.AppendImage(target, part, json);
                separate = true;
            }
        }

        target.Append("]"u8);
    }

    /// <summary>
    /// An answer without calls carries its signature on its last part; the older form of calls has no other place for it. Images keep theirs to themselves, so
    /// that a text never comes back with the signature of an image.
    /// </summary>
    private static void WriteExtra(ReadOnlySpan<GeminiPart> parts, ReadOnlySpan<byte> json, AnswerShape shape, bool calls, ReadOnlySpan<byte> content, PooledBuffer target, List<SignedCall> signed, ReadOnlySpan<byte> serverTools)
    {
        var last = parts.Length - 1;
        while (last >= 0 && (parts[last].Signature.IsNone || (calls && !shape.UsesFunctions) || (!content.IsEmpty && PartJson.IsImage(parts[last], json))))
        {
            last--;
        }

        var signature = last < 0 ? default : parts[last].Signature.In(json);
        ToolCallJson.AppendExtra(target, signature, serverTools);
        if (!calls && SignedCall.OfText(content, signature, serverTools) is { } text)
        {
            signed.Add(text);
        }
    }

    private static PooledBuffer ServerToolsOf(ReadOnlySpan<GeminiPart> parts, ReadOnlySpan<byte> json)
    {
        var all = new PooledBuffer(256);
        foreach (var part in parts)
        {
            if (part.Kind == GeminiPartKind.ServerTool && !PartJson.TryAppendServerTool(all, part, json))
            {
                all.Clear();
                break;
            }
        }

        return all;
    }

    private static ReadOnlySpan<GeminiPart> PartsOf(GenerateContentReply reply, GeminiCandidate candidate) => CollectionsMarshal.AsSpan(reply.Parts).Slice(candidate.FirstPart, candidate.PartCount);
}
